//! Calls of what a nameko service serves.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    contract::{MethodDef, MethodKind},
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, ReplyBinding, RequestMessage,
        SmolStr, Target, Topology, Unsupported,
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{EXCHANGE, Nameko, errors::fault_of, exchange_with, queue_of};
use crate::{
    json::{Arguments, JSON, body_of, object, object_of, present},
    kombu::UTF_8,
};

/// A reply. Of a value the error is null or missing, and of an error the result.
#[derive(Deserialize)]
struct ReplyBody<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// The exception of a reply.
#[derive(Deserialize)]
struct Exception<'a> {
    #[serde(borrow, default)]
    exc_path: Cow<'a, str>,
    #[serde(default)]
    value: serde_json::Value,
    /// The method's own error, from a server of this library.
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

impl Exception<'_> {
    /// The fault that it stands for; `None` for a method's own.
    fn fault(&self) -> Option<PeerReply> {
        let message = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        fault_of(&self.exc_path, &message)
    }
}

impl ClientDialect for Nameko {
    fn name(&self) -> &'static str {
        "nameko"
    }

    fn takes_direct_replies(&self) -> bool {
        // Replies come through the exchange of requests, by a binding.
        false
    }

    fn reply_queue(&self, unique: &str) -> String {
        unique.to_owned()
    }

    fn target(&self, method: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        if method.kind == MethodKind::Notify {
            return Err(Unsupported::new(format!(
                "`{name}` is a notification, and a nameko service ends its process after a request without a reply address; make it a call"
            )));
        }
        let service = name.rsplit_once('.').map_or(name, |(service, _)| service);
        Ok(Target {
            exchange: Cow::Borrowed(EXCHANGE),
            routing_key: Cow::Owned(name.to_owned()),
            queue: Cow::Owned(queue_of(service)),
        })
    }

    fn reply_bindings(&self, binding: &ReplyBinding<'_>) -> Topology {
        exchange_with(binding.queue, binding.queue)
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        // What is no JSON is dropped by the service without an answer.
        let body = body_of(&request, "nameko")?;
        let (args, kwargs) = Arguments::of_body(request.method, body);
        let body = object([("args", args.as_str()), ("kwargs", kwargs.as_str())]);
        let properties = request.properties();
        // Without these a nameko service ends its process.
        let content_type = Some(SmolStr::new_static(JSON));
        let content_encoding = Some(SmolStr::new_static(UTF_8));
        let headers = Some(properties.headers.unwrap_or_default());
        let properties = Properties { content_type, content_encoding, headers, ..properties };
        Ok(RequestMessage { properties, body: body.into() })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let content_type = SmolStr::default();
        let part = |json: &RawValue| reply.body.slice_ref(json.get().as_bytes());
        match object_of(&reply.body) {
            Some(ReplyBody { error: Some(error), .. }) => {
                let exception = object_of::<Exception<'_>>(error.get().as_bytes());
                let fault = exception.as_ref().and_then(Exception::fault);
                fault.unwrap_or_else(|| {
                    let own = exception.and_then(|exception| exception.data).unwrap_or(error);
                    PeerReply::Error { content_type, body: part(own) }
                })
            }
            Some(ReplyBody { result: Some(value), .. }) => {
                PeerReply::Value { content_type, body: part(value) }
            }
            _ => PeerReply::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str) -> PeerReply {
        Nameko::new().read_reply(Delivery::new("", "", Properties::default(), body))
    }

    #[test]
    fn a_reply_has_a_result_or_an_error() {
        for (body, value) in [
            (r#"{"result":30,"error":null}"#, "30"),
            (r#"{"result":null,"error":null}"#, "null"),
            (r#"{"result":null}"#, "null"),
        ] {
            let PeerReply::Value { body: read, .. } = read(body) else { panic!("{body}") };
            assert_eq!(read, value);
        }
        for body in ["{}", r#"{"error":null}"#, r#"{"value":30}"#, "[30,null]", "30", ""] {
            assert!(matches!(read(body), PeerReply::Unreadable), "{body}");
        }
    }

    #[test]
    fn an_own_error_of_a_server_of_ours_is_its_json() {
        let exception = r#"{"exc_type":"E","exc_path":"lib.E","value":"text"}"#;
        for (body, error) in [
            (r#"{"result":null,"error":{"exc_path":"lib.E","value":"","data":{"E":90}}}"#, r#"{"E":90}"#),
            (r#"{"result":null,"error":{"exc_path":"lib.E","value":"","data":null}}"#, "null"),
            (r#"{"error":{"exc_type":"E","exc_path":"lib.E","value":"text"}}"#, exception),
            (r#"{"error":["lib.E"]}"#, r#"["lib.E"]"#),
        ] {
            let PeerReply::Error { body: read, .. } = read(body) else { panic!("{body}") };
            assert_eq!(read, error);
        }
        let fault = read(r#"{"error":{"exc_path":"amqp_rpc.Fault.overloaded","value":"full","data":1}}"#);
        assert!(matches!(fault, PeerReply::Fault(_)), "{fault:?}");
    }
}
