//! Calls of what aio-pika serves, and tasks for its workers.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    contract::{MethodDef, Params},
    dialect::{
        Binding, ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, ReplyBinding,
        RequestMessage, SmolStr, Target, Topology, Unsupported,
    },
};
use bytes::Bytes;

use super::{
    AioPika, CALL, DEAD_LETTERS, ERROR, FROM, RESULT, dead_letters,
    errors::{Described, ErrorBody, fault_of_returned},
    from,
};
use crate::json::{JSON, body_of, is_object, object, object_of};

/// The priority of a call, unless the caller says another one.
const PRIORITY: u8 = 5;

impl ClientDialect for AioPika {
    fn name(&self) -> &'static str {
        "aio-pika"
    }

    fn takes_direct_replies(&self) -> bool {
        // A request that expires comes back to a queue, which is bound for that.
        false
    }

    fn reply_queue(&self, unique: &str) -> String {
        format!("amq_{}", unique.replace('-', ""))
    }

    fn target(&self, method: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        let queue = self.queue_of(method.kind, name);
        Ok(Target {
            exchange: self.exchange_of(method),
            routing_key: Cow::Owned(queue.clone()),
            queue: Cow::Owned(queue),
        })
    }

    fn reply_bindings(&self, binding: &ReplyBinding<'_>) -> Topology {
        let exchange = self.call_exchange().filter(|exchange| exchange.name == binding.exchange);
        Topology {
            exchanges: [dead_letters()].into_iter().chain(exchange).collect(),
            queues: Vec::new(),
            bindings: vec![Binding {
                queue: binding.queue.to_owned(),
                exchange: DEAD_LETTERS.to_owned(),
                routing_key: String::new(),
                arguments: from(binding.queue),
            }],
        }
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let json = body_of(&request, "aio-pika")?;
        let body = match request.method.params {
            Params::Bare(parameter) => Bytes::from(object([(parameter, json)])),
            _ if is_object(json) => request.body.clone(),
            _ => {
                return Err(Unsupported::new(format!(
                    "the arguments of `{}` are no object, and aio-pika's methods take them by name",
                    request.name
                )));
            }
        };
        if !request.is_call
            && let Some(time) = self.notifications_expire
        {
            request.expire_after(time);
        }
        let properties = request.properties();
        let mut headers = properties.headers.unwrap_or_default();
        let kind = request.is_call.then(|| SmolStr::new_static(CALL));
        if let Some(queue) = &properties.reply_to {
            headers.insert(FROM, queue.as_str());
        }
        let priority = properties.priority.or_else(|| request.is_call.then_some(PRIORITY));
        let content_type = Some(SmolStr::new_static(JSON));
        let properties = Properties { content_type, headers: Some(headers), kind, priority, ..properties };
        Ok(RequestMessage { properties, body })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        match reply.properties.kind.as_deref() {
            Some(RESULT) => PeerReply::Value { content_type: SmolStr::default(), body: reply.body },
            Some(ERROR) => read_error(reply.body),
            // The request itself, which came back.
            Some(CALL) => fault_of_returned(reply.properties.headers.as_ref()),
            _ => PeerReply::Unreadable,
        }
    }
}

/// Reads the body of an error's reply, which may be any JSON.
fn read_error(body: Bytes) -> PeerReply {
    let content_type = SmolStr::default();
    let Some(ErrorBody { error }) = object_of(&body) else {
        return PeerReply::Error { content_type, body };
    };
    let described = object_of::<Described<'_>>(error.get().as_bytes());
    let fault = described.as_ref().and_then(Described::fault);
    fault.unwrap_or_else(|| {
        let own = described.and_then(|described| described.data).unwrap_or(error);
        PeerReply::Error { content_type, body: body.slice_ref(own.get().as_bytes()) }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const COMPUTE: &MethodDef = &MethodDef::new("fib", "fib.compute").params(Params::Named(&["n"]));
    const NOTE: &MethodDef = &MethodDef::new("fib", "fib.note").params(Params::Named(&["text"])).notify();
    const UNTYPED: &MethodDef = &MethodDef::new("", "");

    fn write(dialect: &AioPika, method: &'static MethodDef, body: &[u8]) -> Result<Properties, Unsupported> {
        let body = Bytes::copy_from_slice(body);
        let mut request = OutgoingRequest::new(method, "fib.method", JSON, &body, "1");
        request.message_id = Some(SmolStr::new_static("order 17"));
        dialect.write_request(request).map(|message| message.properties)
    }

    #[test]
    fn only_notifications_expire_by_the_option() {
        let dialect = AioPika::new().expire_notifications(Duration::from_secs(60));
        let expiration = |method| write(&dialect, method, b"{}").unwrap().expiration;
        assert_eq!((expiration(NOTE).as_deref(), expiration(COMPUTE)), (Some("60000"), None));
        assert_eq!(write(&AioPika::new(), NOTE, b"{}").unwrap().expiration, None);
    }

    #[test]
    fn what_is_no_json_is_not_sent() {
        for body in [&br#"{"n":"#[..], b"{30}", b"\xff"] {
            let why = write(&AioPika::new(), UNTYPED, body).unwrap_err().to_string();
            assert!(why.contains("the body of `fib.method` is not JSON"), "{why}");
        }
    }

    fn read(kind: &'static str, body: &'static str) -> PeerReply {
        let properties = Properties { kind: Some(SmolStr::new_static(kind)), ..Properties::default() };
        AioPika::new().read_reply(Delivery::new("", "", properties, body))
    }

    #[test]
    fn an_own_error_of_a_server_of_ours_is_its_json() {
        let exception = r#"{"type":"E","message":"E('text')","args":["text"]}"#;
        for (body, error) in [
            (r#"{"error":{"type":"E","message":"text","data":{"E":90}}}"#, r#"{"E":90}"#),
            (r#"{"error":{"type":"E","message":"text","data":null}}"#, "null"),
            (r#"{"error":{"type":"E","message":"E('text')","args":["text"]}}"#, exception),
            (r#"{"error":["RPCException","",[],"overloaded"]}"#, r#"["RPCException","",[],"overloaded"]"#),
            (r#"[{"type":"E"}]"#, r#"[{"type":"E"}]"#),
        ] {
            let PeerReply::Error { body: read, .. } = read(ERROR, body) else { panic!("{body}") };
            assert_eq!(read, error);
        }
        let fault = read(ERROR, r#"{"error":{"type":"RPCException","code":"overloaded"}}"#);
        assert!(matches!(fault, PeerReply::Fault(_)), "{fault:?}");
        let returned = read(CALL, r#"{"n":30}"#);
        assert!(matches!(returned, PeerReply::UncertainFault(_)), "{returned:?}");
    }
}
