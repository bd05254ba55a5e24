//! Services that aio-pika's callers call, and workers for its tasks.

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::{MethodDef, MethodKind, ServiceDef},
    dialect::{
        Answer, Answered, Binding, Delivery, Incoming, IncomingRequest, Outcome, Properties, Queue,
        ReplyMessage, ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};

use super::{
    AioPika, CALL, DEAD_LETTERS, ERROR, RESULT, dead_letters,
    errors::{of_error, of_fault},
};
use crate::{
    json::{Arguments, JSON, value_of},
    names::requests,
};

impl AioPika {
    /// The calls and notifications of a service, each with its queue.
    fn methods<'a>(
        &'a self,
        service: &'a ServiceDef,
    ) -> impl Iterator<Item = (&'static MethodDef, String)> + 'a {
        requests(service).map(|method| (method, self.queue_of(method.kind, method.full_name)))
    }
}

impl ServerDialect for AioPika {
    fn name(&self) -> &'static str {
        "aio-pika"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        let mut topology = Topology {
            exchanges: [dead_letters()].into_iter().chain(self.call_exchange()).collect(),
            ..Topology::default()
        };
        for (method, queue) in self.methods(service) {
            if method.kind != MethodKind::Call {
                topology.queues.push(Queue::durable(queue, Headers::new()));
                continue;
            }
            let mut arguments = Headers::new();
            arguments.insert("x-dead-letter-exchange", DEAD_LETTERS);
            let (durable, auto_delete) = (self.durable, self.auto_delete);
            topology.queues.push(Queue {
                durable,
                auto_delete,
                ..Queue::transient(queue.clone(), arguments)
            });
            if let Some(exchange) = self.call_exchange() {
                topology.bindings.push(Binding {
                    queue: queue.clone(),
                    exchange: exchange.name,
                    routing_key: queue,
                    arguments: Headers::new(),
                });
            }
        }
        let queues = topology.queues.iter().map(|queue| queue.name.clone()).collect();
        Ok(ServiceTopology { queues, topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { routing_key, properties, body, .. } = delivery;
        if let Some(kind) = properties.kind.as_deref().filter(|kind| ![CALL, ""].contains(kind)) {
            // A caller of another service may name this queue as its reply address: that reply must not run.
            return Incoming::Ignored(format!("its type is {kind:?}, and that of a request is {CALL:?}"));
        }
        let content_type = properties.content_type.as_deref().unwrap_or_default();
        // aio-pika does not look at the content type, and neither is JSON told from it here.
        if content_type.contains("pickle") || content_type.contains("compression=") {
            let why = format!("content type {content_type:?} is not supported; send {JSON}");
            return Incoming::refused(Fault::new(FaultCode::UnsupportedMediaType, why), properties);
        }
        let found = self.methods(service).find(|(_, queue)| *queue == routing_key);
        let Some((method, _)) = found else {
            return IncomingRequest::json(routing_key, body, properties).into();
        };
        let kwargs = match serde_json::from_slice(&body) {
            Ok(kwargs) => kwargs,
            Err(error) => {
                let why = format!("the arguments are no JSON object: {error}");
                return Incoming::bad_request(why, properties);
            }
        };
        match (Arguments { args: Vec::new(), kwargs }).merge(Some(method)) {
            Ok(body) => IncomingRequest::json(method.full_name, body, properties).into(),
            Err(why) => Incoming::bad_request(why.to_string(), properties),
        }
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        let (kind, body) = match answered.outcome {
            Outcome::Value { content_type, body } => match value_of(content_type, body) {
                Some(value) => (RESULT, value.to_owned()),
                None => {
                    let why = format!("the value is {content_type}, and the caller reads JSON alone");
                    (ERROR, of_fault(&Fault::new(FaultCode::UnencodableReply, why)))
                }
            },
            Outcome::Error { content_type, body, text } => {
                (ERROR, of_error(value_of(content_type, body).unwrap_or("null"), text))
            }
            Outcome::Fault(fault) if comes_back(fault.code()) => return Answer::Reject,
            Outcome::Fault(fault) => (ERROR, of_fault(fault)),
            _ => return Answer::Reject,
        };
        let properties = Properties {
            content_type: Some(SmolStr::new_static(JSON)),
            headers: Some(Headers::new()),
            delivery_mode: Some(1),
            priority: Some(0),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            kind: Some(SmolStr::new_static(kind)),
            ..Properties::default()
        };
        ReplyMessage { exchange: "".into(), properties, body: body.into() }.into()
    }
}

/// Whether a request with this fault is rejected, so that it comes back to its caller: what never ran for want of time, and
/// what a caller sent who cannot read JSON.
fn comes_back(code: &FaultCode) -> bool {
    matches!(
        code,
        FaultCode::Expired
            | FaultCode::Overloaded
            | FaultCode::ShuttingDown
            | FaultCode::UnsupportedMediaType
    )
}
