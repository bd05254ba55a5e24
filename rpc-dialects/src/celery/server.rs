//! Tasks that Celery's clients call.

use std::time::SystemTime;

use amqp_rpc_runtime::{
    Fault, FaultCode, HeaderValue, Headers,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Binding, Delivery, Exchange, ExchangeKind, Incoming, IncomingRequest, Outcome,
        Properties, Queue, ReplyMessage, ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};
use serde_json::value::RawValue;

use super::{
    Celery, EXPIRES, ID, TASK,
    outcome::{exception, of_fault, write},
    time,
};
use crate::{
    json::{Arguments, ErrorParts, Members, is_json, value_of},
    kombu::reply_properties,
    names::check_distinct,
};

/// The kind of an error that has no name.
const ERROR: &str = "Error";
/// The most bytes of a task's id: AMQP's limit of a correlation id.
const LONGEST_ID: usize = 255;

impl ServerDialect for Celery {
    fn name(&self) -> &'static str {
        "celery"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_distinct(service, |method| self.tasks.of(method.full_name).to_owned())?;
        let queue = &self.queue;
        let topology = Topology {
            exchanges: vec![Exchange::durable(queue, ExchangeKind::Direct)],
            queues: vec![Queue::durable(queue, Headers::new())],
            bindings: vec![Binding {
                queue: queue.clone(),
                exchange: queue.clone(),
                routing_key: queue.clone(),
                arguments: Headers::new(),
            }],
        };
        Ok(ServiceTopology { queues: vec![queue.clone()], topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { mut properties, body, .. } = delivery;
        let headers = properties.headers.take().unwrap_or_default();
        // Its caller has it as the correlation id as well: what AMQP cannot carry there is none.
        let id = headers.text(ID).filter(|id| id.len() <= LONGEST_ID).map(SmolStr::from);
        let id = id.or_else(|| properties.correlation_id.clone());
        let mut kept = Headers::new();
        if let Some(id) = &id {
            kept.insert(ID, id.as_str());
            // A task that is sent again keeps its id: it is the idempotency key.
            properties.message_id = Some(id.clone());
        }
        properties.correlation_id = properties.correlation_id.take().or(id);
        if headers.get("ignore_result") == Some(&HeaderValue::Bool(true)) {
            properties.reply_to = None;
        }
        let read = self.read(service, &headers, &mut properties, &body);
        properties.headers = Some(headers);
        match read {
            Ok((method, body)) => {
                IncomingRequest { kept, ..IncomingRequest::json(method, body, properties) }.into()
            }
            Err(fault) => Incoming::Refused { fault, properties: Box::new(properties), kept },
        }
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        address != self.queue && self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        let (status, result) = self.result_of(answered);
        let task_id = answered.kept.text(ID).or(answered.correlation_id).unwrap_or_default();
        let body = write(status, &result, task_id).into();
        ReplyMessage { properties: reply_properties(answered), body, ..ReplyMessage::default() }.into()
    }
}

impl Celery {
    /// The method's full name and its body.
    fn read(
        &self,
        service: &ServiceDef,
        headers: &Headers,
        properties: &mut Properties,
        body: &[u8],
    ) -> Result<(&'static str, String), Fault> {
        let bad_request = |why: &str| Fault::new(FaultCode::BadRequest, why);
        if !is_json(properties.content_type.as_deref()) || headers.text("compression").is_some() {
            let why = "send bodies in JSON that are not compressed";
            return Err(Fault::new(FaultCode::UnsupportedMediaType, why));
        }
        let task = headers.text(TASK).ok_or_else(|| bad_request("the header `task` is missing"))?;
        let method = self.tasks.find(service, task);
        let method = method.ok_or_else(|| Fault::new(FaultCode::UnknownMethod, task))?;
        if !is_none(headers.get("eta")) {
            return Err(bad_request("a task with `eta` cannot be run at that time"));
        }
        if let Some(milliseconds) = milliseconds_left(headers.get(EXPIRES))? {
            let of_broker = properties.expiration.as_deref().and_then(|text| text.parse::<u64>().ok());
            let milliseconds = of_broker.map_or(milliseconds, |other| other.min(milliseconds));
            properties.expiration = Some(milliseconds.to_string().into());
        }
        let (args, kwargs, embed): (Vec<&RawValue>, Members<'_>, Members<'_>) = serde_json::from_slice(body)
            .map_err(|_| bad_request("the body is not an array of `args`, `kwargs` and `embed`"))?;
        if let Some((link, _)) = embed.iter().find(|(_, json)| has_links(json.get())) {
            return Err(bad_request(&format!("a task with {link:?} is not supported: it would not be run")));
        }
        let body = Arguments { args, kwargs }.merge(Some(method));
        Ok((method.full_name, body.map_err(|why| bad_request(&why.to_string()))?))
    }

    fn result_of(&self, answered: &Answered<'_>) -> (&'static str, String) {
        match answered.outcome {
            Outcome::Value { content_type, body } => match value_of(content_type, body) {
                Some(value) => ("SUCCESS", value.to_owned()),
                None => {
                    let why = format!("the value is {content_type}, and replies are JSON");
                    of_fault(&Fault::new(FaultCode::UnencodableReply, why))
                }
            },
            Outcome::Error { content_type, body, text } => {
                let json = value_of(content_type, body).unwrap_or("null");
                let ErrorParts { kind, text } = ErrorParts::of(json, text);
                let service = answered.method.map_or("", |method| method.service);
                let module = self.module.as_deref().unwrap_or(service);
                ("FAILURE", exception(module, kind.as_deref().unwrap_or(ERROR), &text, Some(json)))
            }
            Outcome::Fault(fault) => of_fault(fault),
            _ => of_fault(&Fault::new(FaultCode::Internal, "an outcome of another kind")),
        }
    }
}

fn is_none(header: Option<&HeaderValue>) -> bool {
    matches!(header, None | Some(HeaderValue::Null))
}

/// Returns whether a member of `embed` names other tasks. It is not decoded: nothing limits yet what a request may cost.
fn has_links(json: &str) -> bool {
    let is_empty = |array: &str| array.trim_start().starts_with(']');
    !matches!(json, "null" | "false") && !json.strip_prefix('[').is_some_and(is_empty)
}

/// The time until a task expires, in milliseconds. `None` without an end.
fn milliseconds_left(expires: Option<&HeaderValue>) -> Result<Option<u64>, Fault> {
    let time = match expires {
        None | Some(HeaderValue::Null) => return Ok(None),
        Some(HeaderValue::Text(text)) => time::read(text),
        Some(_) => None,
    };
    let time = time.ok_or_else(|| Fault::new(FaultCode::BadRequest, "`expires` is no time in ISO 8601"))?;
    match time.duration_since(SystemTime::now()) {
        Ok(left) => Ok(Some(u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1))),
        Err(_) => Err(Fault::new(FaultCode::Expired, "the task has expired")),
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_runtime::contract::{MethodDef, Params, Repetition};

    use super::*;
    use crate::json::JSON;

    const PLACE: &MethodDef = &MethodDef::new("svc", "svc.place")
        .params(Params::Named(&["n"]))
        .repetition(Repetition::Deduplicated);
    const SERVICE: &ServiceDef = &ServiceDef::new("svc", &[PLACE]);

    fn read(id: Option<&str>, body: impl Into<Vec<u8>>) -> Incoming {
        let mut headers = Headers::new();
        headers.insert(TASK, "svc.place");
        if let Some(id) = id {
            headers.insert(ID, id);
        }
        let properties = Properties {
            content_type: Some(SmolStr::new_static(JSON)),
            headers: Some(headers),
            correlation_id: Some(SmolStr::new_static("c-1")),
            message_id: Some(SmolStr::new_static("of the message")),
            ..Properties::default()
        };
        let body: Vec<u8> = body.into();
        Celery::new().read_request(SERVICE, Delivery::new("", "celery", properties, body))
    }

    #[test]
    fn the_idempotency_key_is_the_id_of_the_task() {
        Celery::new().topology(SERVICE).expect("a deduplicated method is served");
        let too_long = "1".repeat(256);
        for (id, key) in [(Some("order 17"), "order 17"), (None, "c-1"), (Some(too_long.as_str()), "c-1")] {
            let Incoming::Request(request) = read(id, "[[30],{},{}]") else { panic!("it is a request") };
            assert_eq!(request.properties.message_id.as_deref(), Some(key));
            assert_eq!(request.properties.correlation_id.as_deref(), Some("c-1"));
        }
    }

    #[test]
    fn links_are_found_without_being_decoded() {
        for none in ["{}", r#"{"chain":null,"chord":false,"callbacks":[],"errbacks":[ ]}"#] {
            let read = read(None, format!("[[30],{{}},{none}]"));
            assert!(matches!(read, Incoming::Request(_)), "{none}: {read:?}");
        }
        // Deeper than a decoder of values goes.
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for link in [deep.as_str(), r#"[{"task":"svc.next"}]"#, r#"{"task":"svc.next"}"#, "true", "0"] {
            let read = read(None, format!(r#"[[30],{{}},{{"callbacks":null,"chain":{link}}}]"#));
            let Incoming::Refused { fault, .. } = &read else { panic!("{link}: {read:?}") };
            assert!(fault.message().contains("a task with \"chain\" is not supported"), "{fault:?}");
        }
    }
}
