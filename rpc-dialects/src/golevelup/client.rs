//! Calls of what golevelup serves.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    codec::AnyCodec,
    contract::MethodDef,
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, RequestMessage, SmolStr, Target, Unsupported,
    },
};

use super::{
    Golevelup,
    errors::{fault_of, read},
};
use crate::{json::body_of, names::service_of, plain_text::PlainText};

impl ClientDialect for Golevelup {
    fn name(&self) -> &'static str {
        "golevelup"
    }

    fn reply_codec(&self) -> AnyCodec {
        PlainText.into()
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, _: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        let service = service_of(name);
        Ok(Target {
            exchange: Cow::Owned(self.exchange_of(service).to_owned()),
            routing_key: Cow::Owned(self.names.of(name).to_owned()),
            queue: Cow::Owned(self.queue_of(service)),
        })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        body_of(&request, "golevelup")?;
        if request.is_call && request.remaining.is_none() {
            let name = request.name;
            return Err(Unsupported::new(format!(
                "`{name}` is called without a limit of time, and a golevelup server that fails would run it without end; give it a timeout"
            )));
        }
        if !request.is_call
            && let Some(time) = self.notifications_expire
        {
            request.expire_after(time);
        }
        let body = request.body.clone();
        Ok(RequestMessage { properties: request.properties(), body })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let body = reply.body;
        if body.is_empty() {
            return PeerReply::Value { content_type: PlainText::CONTENT_TYPE, body };
        }
        let error = self.errors_in.as_ref().and_then(|member| read(member, std::str::from_utf8(&body).ok()?));
        let content_type = SmolStr::default();
        match error {
            None => PeerReply::Value { content_type, body },
            Some(error) => match fault_of(error.get()) {
                Some(fault) => PeerReply::UncertainFault(fault),
                None => PeerReply::Error { content_type, body: body.slice_ref(error.get().as_bytes()) },
            },
        }
    }
}
