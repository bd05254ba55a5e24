//! Calls of what a kanin server serves.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    contract::MethodDef,
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, RequestMessage, SmolStr, Target,
        Unsupported,
    },
};

use super::{EXCHANGE, Kanin, RAW};

/// The header by which kanin's logs tell requests apart.
const REQUEST_ID: &str = "req_id";

impl ClientDialect for Kanin {
    fn name(&self) -> &'static str {
        "kanin"
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, _: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        let routing_key = self.names.of(name).to_owned();
        Ok(Target {
            exchange: Cow::Borrowed(EXCHANGE),
            queue: Cow::Owned(routing_key.clone()),
            routing_key: Cow::Owned(routing_key),
        })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        if request.content_type != RAW {
            return Err(Unsupported::new(format!(
                "`{}` is sent as {}, and kanin reads bytes alone; take one `Bytes`, and declare the method `#[rpc(bare)]`",
                request.name, request.content_type
            )));
        }
        if request.headers.get(REQUEST_ID).is_none() {
            request.headers.insert(REQUEST_ID, request.correlation_id.as_str());
        }
        let properties = Properties { content_type: None, ..request.properties() };
        Ok(RequestMessage { properties, body: request.body.clone() })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        PeerReply::Value { content_type: SmolStr::new_static(RAW), body: reply.body }
    }
}
