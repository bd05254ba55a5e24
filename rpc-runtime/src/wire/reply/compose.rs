//! Writing a reply on the server.

use amqp_rpc_transport::Properties;
use bytes::Bytes;

use super::{ERROR, FAULT, RESULT, fault};
use crate::{
    codec::AnyCodec,
    message::{Fault, Reply, ReplyKind},
};

/// Properties and body of the reply to a request. A fault is written with `codec`.
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
