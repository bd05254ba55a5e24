//! Services that golevelup's clients call.

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Binding, Delivery, Exchange, ExchangeKind, Incoming, IncomingRequest, Outcome,
        Properties, Queue, ReplyMessage, ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};
use bytes::Bytes;

use super::{Golevelup, errors};
use crate::{
    json::{JSON, RAW, is_json, value_of},
    names::{check_distinct, check_no_deduplication, check_no_wildcard, no_arguments, requests},
};

/// The one header that a reply repeats.
const REQUEST_ID: &str = "X-Request-ID";

impl ServerDialect for Golevelup {
    fn name(&self) -> &'static str {
        "golevelup"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_no_deduplication(service, "golevelup")?;
        check_distinct(service, |method| self.names.of(method.full_name).to_owned())?;
        let (exchange, queue) = (self.exchange_of(service.name).to_owned(), self.queue_of(service.name));
        let mut bindings = Vec::new();
        for method in requests(service) {
            let routing_key = self.names.of(method.full_name);
            if self.kind == ExchangeKind::Topic {
                check_no_wildcard(method, routing_key)?;
            }
            bindings.push(Binding {
                queue: queue.clone(),
                exchange: exchange.clone(),
                routing_key: routing_key.to_owned(),
                arguments: Headers::new(),
            });
        }
        let topology = Topology {
            exchanges: vec![Exchange::durable(exchange, self.kind)],
            queues: vec![Queue::durable(queue.clone(), Headers::new())],
            bindings,
        };
        Ok(ServiceTopology { queues: vec![queue], topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { routing_key, properties, body, .. } = delivery;
        let mut kept = Headers::new();
        if let Some(id) = properties.headers.as_ref().and_then(|headers| headers.get(REQUEST_ID)) {
            kept.insert(REQUEST_ID, id.clone());
        }
        let method = self.names.find(service, &routing_key);
        let fault = match (&properties.content_type, method) {
            (Some(content_type), _) if !is_json(Some(content_type)) => {
                let why = format!("content type {content_type:?} is not supported; send {JSON}");
                Fault::new(FaultCode::UnsupportedMediaType, why)
            }
            (_, None) => Fault::new(FaultCode::UnknownMethod, "no method has the routing key"),
            (_, Some(method)) => {
                let body = if body.is_empty() { no_arguments(method) } else { body };
                let request = IncomingRequest::json(method.full_name, body, properties);
                return IncomingRequest { kept, ..request }.into();
            }
        };
        Incoming::Refused { fault, properties: Box::new(properties), kept }
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        let Some(body) = self.body_of(&answered.outcome) else { return Answer::Reject };
        let properties = Properties {
            headers: Some(answered.kept.clone()),
            delivery_mode: Some(1),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            ..Properties::default()
        };
        ReplyMessage { properties, body, ..ReplyMessage::default() }.into()
    }
}

impl Golevelup {
    /// The body of the reply; `None` for no reply.
    fn body_of(&self, outcome: &Outcome<'_>) -> Option<Bytes> {
        let unreadable = match outcome {
            Outcome::Value { content_type, body } => match value_of(content_type, body) {
                Some("null") => return Some(Bytes::new()),
                Some(_) => return Some((*body).clone()),
                // A buffer, for the peer.
                None if *content_type == RAW => return Some((*body).clone()),
                None => {
                    let why = format!("the value is {content_type}, and golevelup reads JSON alone");
                    Some(Fault::new(FaultCode::UnencodableReply, why))
                }
            },
            _ => None,
        };
        let outcome = unreadable.as_ref().map_or(*outcome, Outcome::Fault);
        errors::write(self.errors_in.as_deref()?, &outcome).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_runtime::contract::{MethodDef, Repetition};

    use super::*;

    #[test]
    fn a_deduplicated_method_is_refused() {
        const PLACE: &MethodDef = &MethodDef::new("svc", "svc.place").repetition(Repetition::Deduplicated);
        let why = Golevelup::new().topology(&ServiceDef::new("svc", &[PLACE])).unwrap_err().to_string();
        assert!(why.contains("`svc.place` is `deduplicate`, and clients of golevelup"), "{why}");
    }
}
