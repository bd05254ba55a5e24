//! Writing a reply on the server.

use amqp_rpc_transport::Properties;
use bytes::Bytes;
use smol_str::SmolStr;

use super::{ERROR, FAULT, RESULT, fault};
use crate::{
    codec::AnyCodec,
    message::{Fault, Reply, ReplyKind},
};

/// Properties and body of the reply to a request. A fault is written with `codec`.
pub(crate) fn compose(
    correlation_id: Option<SmolStr>,
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
            content_encoding = reply.encoding.map(|encoding| SmolStr::new_static(encoding.name()));
            (kind, reply.content_type, reply.body)
        }
        Err(fault) => {
            let (content_type, body) = fault::write(codec, &fault);
            (FAULT, content_type.into(), body)
        }
    };
    let properties = Properties {
        content_type: Some(content_type),
        content_encoding,
        correlation_id,
        kind: Some(SmolStr::new_static(kind)),
        ..Properties::default()
    };
    (properties, body)
}
