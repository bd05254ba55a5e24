//! Services that clients of `NestJS` call.

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::{MethodDef, Params, ServiceDef},
    dialect::{
        Answer, Answered, Binding, Delivery, Exchange, ExchangeKind, Incoming, IncomingRequest, Outcome,
        Properties, Queue, ReplyMessage, ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    NestJs,
    errors::{FAULT, NO_HANDLER, of_error, of_fault},
    pattern::Pattern,
};
use crate::{
    json::{is_object, object, present, quoted, value_of},
    names::{check_distinct, check_no_deduplication, check_no_wildcard, no_arguments, requests},
};

/// What is kept of a request: the JSON of its `id`.
const ID: &str = "id";

/// A request. A member that is null is there.
#[derive(Deserialize)]
struct Packet<'a> {
    #[serde(borrow)]
    pattern: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
}

impl ServerDialect for NestJs {
    fn name(&self) -> &'static str {
        "NestJS"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_no_deduplication(service, "NestJS")?;
        for method in requests(service) {
            self.pattern_of(method.full_name).check_length(method.full_name)?;
        }
        check_distinct(service, |method| self.pattern_of(method.full_name).into_text())?;
        let queue = self.queue_of(service.name).to_owned();
        let declare = if self.is_durable { Queue::durable } else { Queue::transient };
        let declared = declare(queue.clone(), Headers::new());
        let mut topology = Topology { queues: vec![declared], ..Topology::default() };
        if let Some(exchange) = self.exchange_of(&queue) {
            topology.exchanges.push(Exchange::durable(exchange, ExchangeKind::Topic));
            for method in requests(service) {
                topology.bindings.push(self.binding(method, exchange, &queue)?);
            }
        }
        Ok(ServiceTopology { queues: vec![queue], topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { mut properties, body, .. } = delivery;
        let packet = std::str::from_utf8(&body).ok().filter(|json| is_object(json));
        let Some(packet) = packet.and_then(|json| serde_json::from_str::<Packet<'_>>(json).ok()) else {
            return Incoming::Ignored("the body is not the JSON of a packet with a pattern".to_owned());
        };
        let Packet { pattern, data, id } = packet;
        let mut kept = Headers::new();
        match id {
            Some(id) => kept.insert(ID, id.get()),
            // An event, whatever its reply address.
            None => properties.reply_to = None,
        }
        let pattern = Pattern::read(pattern.get());
        let method = requests(service).find(|method| {
            pattern.as_ref().is_some_and(|pattern| *pattern == self.pattern_of(method.full_name))
        });
        let Some(method) = method else {
            let fault = Fault::new(FaultCode::UnknownMethod, NO_HANDLER);
            return Incoming::Refused { fault, properties: Box::new(properties), kept };
        };
        let arguments = arguments_of(method, data, &body);
        IncomingRequest { kept, ..IncomingRequest::json(method.full_name, arguments, properties) }.into()
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        let mut headers = Headers::new();
        let body = match answered.outcome {
            Outcome::Value { content_type, body } => match value_of(content_type, body) {
                Some(value) => disposed([("response", value)]),
                None => {
                    let why = format!("the value is {content_type}, and NestJS reads JSON alone");
                    failed(&Fault::new(FaultCode::UnencodableReply, why), &mut headers)
                }
            },
            Outcome::Error { content_type, body, text } => {
                disposed([("err", of_error(content_type, body, text).as_str())])
            }
            Outcome::Fault(fault) if *fault.code() == FaultCode::UnknownMethod => no_handler(answered.kept),
            Outcome::Fault(fault) => failed(fault, &mut headers),
            _ => return Answer::Reject,
        };
        let properties = Properties {
            headers: Some(headers),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            ..Properties::default()
        };
        ReplyMessage { properties, body: body.into(), ..ReplyMessage::default() }.into()
    }
}

impl NestJs {
    /// The binding by which requests of the method reach the queue.
    fn binding(&self, method: &MethodDef, exchange: &str, queue: &str) -> Result<Binding, Unsupported> {
        let pattern = self.pattern_of(method.full_name);
        let routing_key = pattern.routing_key_of(method.full_name)?;
        check_no_wildcard(method, routing_key)?;
        Ok(Binding {
            queue: queue.to_owned(),
            exchange: exchange.to_owned(),
            routing_key: routing_key.to_owned(),
            arguments: Headers::new(),
        })
    }
}

/// The parameters of a method. `data` is of the packet `body`.
fn arguments_of(method: &MethodDef, data: Option<&RawValue>, body: &Bytes) -> Bytes {
    let is_bare = matches!(method.params, Params::Bare(_));
    // NestJS has no other way to say that there are none.
    let data = data.filter(|data| is_bare || !matches!(data.get(), "null" | "\"\""));
    data.map_or_else(|| no_arguments(method), |data| body.slice_ref(data.get().as_bytes()))
}

/// The last packet of a reply.
fn disposed<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    object(members.into_iter().chain([("isDisposed", "true")]))
}

/// The reply for a fault. Its code is a header, which no error of a method has.
fn failed(fault: &Fault, headers: &mut Headers) -> String {
    headers.insert(FAULT, fault.code().as_str());
    disposed([("err", of_fault(fault).as_str())])
}

/// The reply to a request with an unknown pattern.
fn no_handler(kept: &Headers) -> String {
    let id = kept.text(ID).map(|id| ("id", id));
    let err = quoted(NO_HANDLER);
    object(id.into_iter().chain([("err", err.as_str()), ("status", "\"error\"")]))
}

#[cfg(test)]
mod tests {
    use amqp_rpc_runtime::contract::Repetition;

    use super::*;

    const COMPUTE: &MethodDef = &MethodDef::new("svc", "svc.compute");
    const PLACE: &MethodDef = &MethodDef::new("svc", "svc.place").repetition(Repetition::Deduplicated);
    const SERVICE: &ServiceDef = &ServiceDef::new("svc", &[COMPUTE]);
    const ORDERS: &ServiceDef = &ServiceDef::new("svc", &[COMPUTE, PLACE]);

    #[test]
    fn a_service_that_no_peer_can_call_is_refused() {
        let refusal = |dialect: &NestJs, service| dialect.topology(service).err().map(|why| why.to_string());
        let with = |pattern: &str| NestJs::new().pattern("compute", pattern);
        assert_eq!(refusal(&with(&"x".repeat(1022)), SERVICE), None);
        for (dialect, service, why) in [
            (NestJs::new(), ORDERS, "`svc.place` is `deduplicate`"),
            (with(&"x".repeat(1023)), SERVICE, "`svc.compute` has more than 1024 bytes"),
            (with(r#"{"cmd":"x","Role":"y"}"#).wildcards(), SERVICE, "in another way"),
        ] {
            let refused = refusal(&dialect, service).expect("it is refused");
            assert!(refused.contains(why), "{refused}");
        }
    }
}
