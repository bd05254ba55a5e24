//! Calls of what a consumer serves.

use std::{borrow::Cow, collections::BTreeMap};

use amqp_rpc_runtime::{
    contract::{MethodDef, MethodKind},
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, ReplyBinding, RequestMessage,
        SmolStr, Target, Topology, Unsupported,
    },
};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::{
    Cyberfusion, bound,
    reply::{ReplyBody, fault_of},
};
use crate::json::{JSON, body_of, is_object, object_of};

impl ClientDialect for Cyberfusion {
    fn name(&self) -> &'static str {
        "cyberfusion"
    }

    fn takes_direct_replies(&self) -> bool {
        // Replies come through the exchange of the request, by a binding.
        false
    }

    fn target(&self, method: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        if method.kind == MethodKind::Notify {
            return Err(no_reply_address(name));
        }
        Ok(Target {
            exchange: Cow::Owned(self.action_of(name)),
            routing_key: Cow::Owned(self.queue.clone()),
            queue: Cow::Owned(self.queue.clone()),
        })
    }

    fn reply_bindings(&self, binding: &ReplyBinding<'_>) -> Topology {
        let mut topology = bound(binding.queue, binding.exchange);
        if self.exchanges_exist {
            topology.exchanges.clear();
        }
        topology
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let name = request.name;
        if !request.is_call {
            return Err(no_reply_address(name));
        }
        if !is_object(body_of(&request, "Cyberfusion's consumer")?) {
            return Err(Unsupported::new(format!(
                "the body of `{name}` is no object, and Cyberfusion's consumer ends its process at such a request; name its parameters"
            )));
        }
        let body = request.body.clone();
        let content_type = Some(SmolStr::new_static(JSON));
        Ok(RequestMessage { properties: Properties { content_type, ..request.properties() }, body })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let Some(read) = object_of::<ReplyBody<'_>>(&reply.body) else { return PeerReply::Unreadable };
        let content_type = SmolStr::default();
        let part = |json: &RawValue| reply.body.slice_ref(json.get().as_bytes());
        if !read.success {
            return match fault_of(&read) {
                Some(fault) => PeerReply::UncertainFault(fault),
                // Without data the text is all that there is of the error.
                None => PeerReply::Error {
                    content_type,
                    body: read.data.map_or_else(|| reply.body.clone(), part),
                },
            };
        }
        let Some(data) = read.data else {
            return PeerReply::Value { content_type, body: Bytes::from_static(b"null") };
        };
        let Some(member) = &self.values_in else {
            return PeerReply::Value { content_type, body: part(data) };
        };
        let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(data.get()).unwrap_or_default();
        match members.get(member.as_str()) {
            Some(value) => PeerReply::Value { content_type, body: part(value) },
            None => PeerReply::Unreadable,
        }
    }
}

fn no_reply_address(name: &str) -> Unsupported {
    Unsupported::new(format!(
        "`{name}` is a notification, and Cyberfusion's consumer ends its process after a request without a reply address; make it a call"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> PeerReply {
        let body = Bytes::from_static(body.as_bytes());
        Cyberfusion::new("cy").read_reply(Delivery::new("", "replies", Properties::default(), body))
    }

    #[test]
    fn of_a_text_of_the_framework_it_is_not_known_which_call_it_is_of() {
        for body in [
            r#"{"success":false,"message":"Request validation failed","data":{}}"#,
            r#"{"success":false,"message":"An unexpected error occurred","data":null}"#,
        ] {
            assert!(matches!(read(body), PeerReply::UncertainFault(_)), "{body}");
        }
    }

    #[test]
    fn an_array_is_no_envelope() {
        for body in [r#"[true,"",{"value":1}]"#, r#"[false,"n is above 90",null]"#, "7", "null", ""] {
            assert!(matches!(read(body), PeerReply::Unreadable), "{body}");
        }
    }
}
