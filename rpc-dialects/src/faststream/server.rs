//! Services that clients of `FastStream` and `RustStream` call.

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::{MethodDef, Params, ServiceDef},
    dialect::{
        Answer, Answered, Delivery, Incoming, IncomingRequest, Outcome, Properties, Queue, ReplyMessage,
        ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};
use bytes::Bytes;

use super::FastStream;
use crate::{
    json::{JSON, RAW, is_json, media_type, quoted, value_of},
    names::{check_distinct, no_arguments, requests},
};

impl ServerDialect for FastStream {
    fn name(&self) -> &'static str {
        "FastStream"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_distinct(service, |method| self.names.of(method.full_name).to_owned())?;
        let queues: Vec<_> =
            requests(service).map(|method| self.names.of(method.full_name).to_owned()).collect();
        let declared = queues.iter().map(|queue| Queue::durable(queue, self.arguments.clone())).collect();
        Ok(ServiceTopology { queues, topology: Topology { queues: declared, ..Topology::default() } })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { routing_key, properties, body, .. } = delivery;
        let Some(method) = self.names.find(service, &routing_key) else {
            let fault = Fault::new(FaultCode::UnknownMethod, "no method has the queue of the routing key");
            return Incoming::refused(fault, properties);
        };
        match body_of(method, properties.content_type.as_deref().unwrap_or_default(), body) {
            Ok(body) => IncomingRequest::json(method.full_name, body, properties).into(),
            Err(fault) => Incoming::refused(fault, properties),
        }
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        // Errors of any kind have no reply.
        let Outcome::Value { content_type, body } = answered.outcome else { return Answer::Reject };
        let (content_type, body) = match value_of(content_type, body) {
            Some("null") => (Some(SmolStr::new_static(JSON)), Bytes::from_static(b"null")),
            Some(_) => (Some(SmolStr::new_static(JSON)), body.clone()),
            None if content_type == RAW => (None, body.clone()),
            None => return Answer::Reject,
        };
        let properties = Properties {
            content_type,
            headers: Some(Headers::new()),
            delivery_mode: Some(1),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            ..Properties::default()
        };
        ReplyMessage { properties, body, ..ReplyMessage::default() }.into()
    }
}

/// The parameters of a method.
///
/// # Errors
/// The fault of a body that is none of the peer's.
fn body_of(method: &MethodDef, content_type: &str, body: Bytes) -> Result<Bytes, Fault> {
    let is_text = media_type(content_type).eq_ignore_ascii_case("text/plain");
    // A text may be empty, where it is the whole body. Other empty bodies are `None`, or no parameters.
    let may_be_empty = is_text && matches!(method.params, Params::Bare(_));
    if method.reads_anything {
        return Ok(body);
    }
    if body.is_empty() && !may_be_empty {
        return Ok(no_arguments(method));
    }
    if is_json(Some(content_type)) {
        return Ok(body);
    }
    if !is_text {
        let why = format!("content type {content_type:?} is not supported; send {JSON} or text/plain");
        return Err(Fault::new(FaultCode::UnsupportedMediaType, why));
    }
    let text = std::str::from_utf8(&body);
    let text = text.map_err(|error| Fault::new(FaultCode::BadRequest, error.to_string()))?;
    Ok(quoted(text).into())
}
