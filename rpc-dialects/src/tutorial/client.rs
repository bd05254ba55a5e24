//! Calls of what a program serves by hand.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    codec::AnyCodec,
    contract::{MethodDef, MethodKind},
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, RequestMessage, SmolStr, Target,
        Unsupported,
    },
};

use super::Tutorial;

impl ClientDialect for Tutorial {
    fn name(&self) -> &'static str {
        "tutorial"
    }

    fn codec(&self) -> AnyCodec {
        self.codec.clone()
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, method: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        if method.kind != MethodKind::Call {
            return Err(Unsupported::new(format!(
                "`{name}` has no reply, and a server of the tutorial ends its process after a request without a reply address; make it a call"
            )));
        }
        let queue = self.names.of(name).to_owned();
        Ok(Target {
            exchange: Cow::Borrowed(""),
            routing_key: Cow::Owned(queue.clone()),
            queue: Cow::Owned(queue),
        })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let (content_type, codec) = (request.content_type, self.codec.content_type());
        // Raw bytes of an untyped call are sent as they are.
        if ![codec, "application/octet-stream"].contains(&content_type) {
            let name = request.name;
            return Err(Unsupported::new(format!(
                "`{name}` is sent as {content_type}, and a server of the tutorial reads {codec}; make an untyped call with bytes"
            )));
        }
        let properties =
            Properties { content_type: Some(SmolStr::new_static(codec)), ..request.properties() };
        Ok(RequestMessage { properties, body: request.body.clone() })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let content_type = SmolStr::new_static(self.codec.content_type());
        let prefix = self.error_prefix.as_ref().filter(|prefix| reply.body.starts_with(prefix.as_bytes()));
        match prefix {
            Some(prefix) => PeerReply::Error { content_type, body: reply.body.slice(prefix.len()..) },
            None => PeerReply::Value { content_type, body: reply.body },
        }
    }
}
