//! Services that nameko's clients call.

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Delivery, Incoming, IncomingRequest, Outcome, Queue, ReplyMessage, ServerDialect,
        ServiceTopology, Unsupported,
    },
};

use super::{
    EXCHANGE, Nameko,
    errors::{MALFORMED, exception_of},
    exchange_with, queue_of,
};
use crate::{
    json::{Arguments, ErrorParts, JSON, array, is_json, object, object_of, quoted, value_of},
    kombu::reply_properties,
    names::check_no_deduplication,
};

/// The kind of an error that has no name.
const REMOTE_ERROR: &str = "RemoteError";

impl ServerDialect for Nameko {
    fn name(&self) -> &'static str {
        "nameko"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        if service.name.contains(['*', '#']) {
            return Err(Unsupported::new("its name has a wildcard of the exchange's bindings"));
        }
        check_no_deduplication(service, "nameko")?;
        let queue = queue_of(service.name);
        // One binding for all methods: with one for each, clients would take an unknown method for an unknown service.
        let mut topology = exchange_with(&format!("{}.*", service.name), &queue);
        topology.queues.push(Queue::durable(&queue, Headers::new()));
        Ok(ServiceTopology { queues: vec![queue], topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { routing_key, properties, body, .. } = delivery;
        if !is_json(properties.content_type.as_deref()) {
            let content_type = properties.content_type.as_deref().unwrap_or_default();
            let why = format!("content type {content_type:?} is not supported; send {JSON}");
            return Incoming::refused(Fault::new(FaultCode::UnsupportedMediaType, why), properties);
        }
        let Some(arguments) = object_of::<Arguments<'_>>(&body) else {
            return Incoming::bad_request(MALFORMED, properties);
        };
        let method = service.methods.iter().copied().find(|method| method.full_name == routing_key);
        match arguments.merge(method) {
            Ok(body) => IncomingRequest::json(routing_key, body, properties).into(),
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
        let body = match answered.outcome {
            Outcome::Value { content_type, body } => match value_of(content_type, body) {
                Some(value) => object([("result", value), ("error", "null")]),
                None => exception(
                    "amqp_rpc.Fault.unencodable_reply",
                    &format!("the value is {content_type}, and nameko reads JSON alone"),
                    None,
                ),
            },
            Outcome::Error { content_type, body, text } => {
                let json = value_of(content_type, body).unwrap_or("null");
                let ErrorParts { kind, text } = ErrorParts::of(json, text);
                let service = answered.method.map_or("", |method| method.service);
                let module = self.module.as_deref().unwrap_or(service);
                let path = format!("{module}.{}", kind.as_deref().unwrap_or(REMOTE_ERROR));
                exception(&path, &text, Some(json))
            }
            Outcome::Fault(fault) => exception(&exception_of(fault), fault.message(), None),
            _ => return Answer::Reject,
        };
        ReplyMessage { exchange: EXCHANGE.into(), properties: reply_properties(answered), body: body.into() }
            .into()
    }
}

/// The body of a reply with an exception. `data` is the JSON of the error that it stands for.
fn exception(path: &str, text: &str, data: Option<&str>) -> String {
    let (kind, path, text) = (quoted(path.rsplit('.').next().unwrap_or(path)), quoted(path), quoted(text));
    let args = array([text.as_str()]);
    let mut members =
        vec![("exc_type", &*kind), ("exc_path", &*path), ("exc_args", &*args), ("value", &*text)];
    members.extend(data.map(|data| ("data", data)));
    object([("result", "null"), ("error", &object(members))])
}
