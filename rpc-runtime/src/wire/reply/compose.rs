//! The reply as the server writes it.

use amqp_rpc_transport::Properties;
use bytes::Bytes;

use super::{ERROR, FAULT, RESULT, fault};
use crate::{
    codec::AnyCodec,
    message::{Fault, Reply, ReplyKind},
};

/// The message that answers a request, whatever became of it.
///
/// A fault is written in `codec`.
pub(crate) fn compose(
    correlation_id: Option<String>,
    codec: &AnyCodec,
    outcome: Result<Reply, Fault>,
) -> (Properties, Bytes) {
    let mut content_encoding = None;
    let (kind, content_type, body) = match outcome {
        Ok(reply) => {
            let kind = match reply.kind {
                ReplyKind::Result => RESULT,
                ReplyKind::Error => ERROR,
            };
            content_encoding = reply.encoding.map(|encoding| encoding.name().to_owned());
            (kind, reply.content_type, reply.body)
        }
        Err(fault) => {
            let (content_type, body) = fault::write(codec, &fault);
            (FAULT, content_type.into(), body)
        }
    };
    let properties = Properties {
        content_type: Some(content_type.into_owned()),
        content_encoding,
        correlation_id,
        kind: Some(kind.to_owned()),
        ..Properties::default()
    };
    (properties, body)
}
