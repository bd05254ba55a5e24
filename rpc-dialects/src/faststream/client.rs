//! Calls of what `FastStream` or `RustStream` serves.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    codec::AnyCodec,
    contract::MethodDef,
    dialect::{ClientDialect, Delivery, OutgoingRequest, PeerReply, RequestMessage, Target, Unsupported},
};

use super::FastStream;
use crate::{
    json::{RAW, body_of, media_type},
    plain_text::PlainText,
};

impl ClientDialect for FastStream {
    fn name(&self) -> &'static str {
        "FastStream"
    }

    fn reply_codec(&self) -> AnyCodec {
        PlainText.into()
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, _: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        let queue = self.names.of(name).to_owned();
        Ok(Target {
            exchange: Cow::Borrowed(""),
            routing_key: Cow::Owned(queue.clone()),
            queue: Cow::Owned(queue),
        })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let is_raw = request.content_type == RAW;
        if !is_raw {
            body_of(&request, "FastStream")?;
        }
        let body = request.body.clone();
        let mut properties = request.properties();
        if is_raw {
            // With one it would be rejected: bytes have none there.
            properties.content_type = None;
        }
        Ok(RequestMessage { properties, body })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let Delivery { properties, body, .. } = reply;
        let stated = properties.content_type.unwrap_or_default();
        let is_text = media_type(&stated).eq_ignore_ascii_case(&PlainText::CONTENT_TYPE);
        // Nothing is neither a text nor JSON, and is read as null.
        let content_type = if is_text || body.is_empty() { PlainText::CONTENT_TYPE } else { stated };
        PeerReply::Value { content_type, body }
    }
}
