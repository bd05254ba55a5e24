//! Calls of what a `NestJS` microservice serves.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    contract::MethodDef,
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, RequestMessage, SmolStr, Target, Unsupported,
    },
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    NestJs,
    errors::{FAULT, fault_of, is_error},
};
use crate::{
    json::{body_of, is_object, object, present, quoted},
    names::service_of,
};

/// A reply. A member that is null is there; `status` is not.
#[derive(Deserialize)]
struct Packet<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    response: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    err: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "isDisposed", deserialize_with = "present")]
    is_disposed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
}

impl ClientDialect for NestJs {
    fn name(&self) -> &'static str {
        "NestJS"
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, _: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        let queue = self.queue_of(service_of(name)).to_owned();
        let (exchange, routing_key) = match self.exchange_of(&queue) {
            Some(exchange) => (exchange.to_owned(), self.pattern_of(name).routing_key_of(name)?.to_owned()),
            None => (String::new(), queue.clone()),
        };
        Ok(Target {
            exchange: Cow::Owned(exchange),
            routing_key: Cow::Owned(routing_key),
            queue: Cow::Owned(queue),
        })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let data = body_of(&request, "NestJS")?;
        let pattern = self.pattern_of(request.name).json();
        // By it a server tells a call from an event.
        let id = request.is_call.then(|| quoted(&request.correlation_id));
        let members = [("pattern", pattern.as_str()), ("data", data)];
        let body = object(members.into_iter().chain(id.as_deref().map(|id| ("id", id))));
        Ok(RequestMessage { properties: request.properties(), body: body.into() })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let Ok(json) = serde_json::from_slice::<&RawValue>(&reply.body) else { return PeerReply::Unreadable };
        let part = |json: &RawValue| reply.body.slice_ref(json.get().as_bytes());
        let (content_type, value) = (SmolStr::default(), part(json));
        // Without an envelope a reply is the value, as for clients of NestJS.
        if !is_object(json.get()) {
            return PeerReply::Value { content_type, body: value };
        }
        let Ok(Packet { response, err, is_disposed, status }) = serde_json::from_str(json.get()) else {
            return PeerReply::Unreadable;
        };
        if let Some(err) = err.filter(|err| is_error(err.get())) {
            let code = reply.properties.headers.as_ref().and_then(|headers| headers.text(FAULT));
            let fault = fault_of(err.get(), code, status.map(RawValue::get));
            return fault.unwrap_or_else(|| PeerReply::Error { content_type, body: part(err) });
        }
        let body = match (response, is_disposed.or(err)) {
            // Of a stream the first: a call has one value.
            (Some(response), _) => part(response),
            (None, Some(_)) => Bytes::from_static(b"null"),
            (None, None) => value,
        };
        PeerReply::Value { content_type, body }
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_runtime::{Headers, dialect::Properties};

    use super::*;

    fn read(packet: &'static str, headers: Option<Headers>) -> String {
        let properties = Properties { headers, ..Properties::default() };
        let reply = Delivery::new("", "replies", properties, Bytes::from_static(packet.as_bytes()));
        let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
        match NestJs::new().read_reply(reply) {
            PeerReply::Value { body, .. } => format!("value {}", text(&body)),
            PeerReply::Error { body, .. } => format!("error {}", text(&body)),
            PeerReply::Fault(fault) => format!("fault {fault}"),
            PeerReply::UncertainFault(fault) => format!("uncertain {fault}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_fault_is_said_by_a_header_and_an_error_alone_is_the_methods_own() {
        let mut headers = Headers::new();
        headers.insert(FAULT, "overloaded");
        let full = r#"{"err":{"status":"error","message":"full","code":"overloaded"},"isDisposed":true}"#;
        assert_eq!(read(full, Some(headers.clone())), "fault overloaded: full");
        let own = r#"error {"status":"error","message":"full","code":"overloaded"}"#;
        assert_eq!(read(full, None), own);
        let mut other = Headers::new();
        other.insert(FAULT, 7);
        assert_eq!(read(full, Some(other)), own, "its header is no code");
        // Without an error nothing has failed.
        assert_eq!(read(r#"{"err":null,"response":1}"#, Some(headers)), "value 1");
        assert_eq!(read(r#"{"response":{"err":"x"}}"#, None), r#"value {"err":"x"}"#);
        assert_eq!(read(r#"{"err":"x","status":{}}"#, None), r#"error "x""#);
    }

    #[test]
    fn a_routing_key_that_nestjs_may_sort_otherwise_is_refused() {
        const COMPUTE: &MethodDef = &MethodDef::new("svc", "svc.compute");
        let dialect = NestJs::new().pattern("compute", r#"{"cmd":"compute","Role":"math"}"#);
        assert!(dialect.target(COMPUTE, "svc.compute").is_ok(), "a queue has no pattern");
        let why = dialect.wildcards().target(COMPUTE, "svc.compute").unwrap_err().to_string();
        assert!(why.contains("`svc.compute`") && why.contains("in another way"), "{why}");
    }
}
