//! Services that the framework's clients call.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Delivery, Incoming, IncomingRequest, Outcome, Properties, Queue, ReplyMessage,
        ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};

use super::{
    Cyberfusion, bound,
    reply::{of_fault, write},
};
use crate::{
    json::{ErrorParts, JSON, is_json, is_object, object, value_of},
    names::{check_distinct, check_no_deduplication, requests},
};

impl ServerDialect for Cyberfusion {
    fn name(&self) -> &'static str {
        "cyberfusion"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_no_deduplication(service, "Cyberfusion")?;
        check_distinct(service, |method| self.action_of(method.full_name))?;
        let mut topology = Topology::default();
        topology.queues.push(Queue::durable(&self.queue, Headers::new()));
        for method in requests(service) {
            topology.extend(&bound(&self.queue, &self.action_of(method.full_name)));
        }
        Ok(ServiceTopology { queues: vec![self.queue.clone()], topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { exchange, properties, body, .. } = delivery;
        if !is_json(properties.content_type.as_deref()) {
            let content_type = properties.content_type.as_deref().unwrap_or_default();
            let why = format!("content type {content_type:?} is not supported; send {JSON}");
            return Incoming::refused(Fault::new(FaultCode::UnsupportedMediaType, why), properties);
        }
        let Some(method) = requests(service).find(|method| self.action_of(method.full_name) == *exchange)
        else {
            let why = "no method has the action of this exchange";
            return Incoming::refused(Fault::new(FaultCode::UnknownMethod, why), properties);
        };
        if !std::str::from_utf8(&body).is_ok_and(is_object) {
            return Incoming::bad_request("the body is not a JSON object", properties);
        }
        IncomingRequest::json(method.full_name, body, properties).into()
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        address != self.queue && self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        let properties = Properties {
            content_type: Some(SmolStr::new_static(JSON)),
            delivery_mode: Some(1),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            ..Properties::default()
        };
        // A request through the default exchange has no exchange of an action.
        let exchange = if self.replies_to_exchange { answered.exchange } else { "" };
        let exchange = Cow::Owned(exchange.to_owned());
        ReplyMessage { exchange, properties, body: self.body_of(answered).into() }.into()
    }
}

impl Cyberfusion {
    fn body_of(&self, answered: &Answered<'_>) -> String {
        match answered.outcome {
            Outcome::Value { content_type, body } => {
                let data = value_of(content_type, body).and_then(|value| self.data_of(value));
                let message = answered.method.and_then(|method| self.messages.get(method.full_name));
                match data {
                    Some(data) => write(true, message.map_or("", String::as_str), &data),
                    None => {
                        let why = "the value is no JSON object, and no other may be the data of a reply";
                        of_fault(&Fault::new(FaultCode::UnencodableReply, why), self.is_consumer_2)
                    }
                }
            }
            Outcome::Error { content_type, body, text } => {
                let json = value_of(content_type, body).unwrap_or("null");
                // Peers read an object or nothing.
                let data = if self.has_error_data && is_object(json) { json } else { "null" };
                write(false, &ErrorParts::of(json, text).text, data)
            }
            Outcome::Fault(fault) => of_fault(fault, self.is_consumer_2),
            _ => of_fault(&Fault::new(FaultCode::Internal, "an outcome of another kind"), self.is_consumer_2),
        }
    }

    /// The `data` of a value; `None` for one that cannot be it.
    fn data_of<'a>(&self, value: &'a str) -> Option<Cow<'a, str>> {
        match &self.values_in {
            _ if value == "null" => Some(Cow::Borrowed(value)),
            Some(member) => Some(Cow::Owned(object([(member.as_str(), value)]))),
            None => is_object(value).then_some(Cow::Borrowed(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_runtime::contract::{MethodDef, Repetition};
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_deduplicated_method_is_refused() {
        const PLACE: &MethodDef = &MethodDef::new("svc", "svc.place").repetition(Repetition::Deduplicated);
        let service = ServiceDef::new("svc", &[PLACE]);
        let why = Cyberfusion::new("cy").topology(&service).unwrap_err().to_string();
        assert!(why.contains("`svc.place` is `deduplicate`, and clients of Cyberfusion"), "{why}");
    }

    #[test]
    fn the_data_of_an_error_is_an_object_or_null() {
        for (error, data) in [
            (r#"{"TooLarge":{"limit":90}}"#, r#"{"TooLarge":{"limit":90}}"#),
            (r#""TooLarge""#, "null"),
            ("[90]", "null"),
            ("90", "null"),
        ] {
            let (body, kept) = (Bytes::from_static(error.as_bytes()), Headers::new());
            let outcome = Outcome::Error { content_type: JSON, body: &body, text: Some("above") };
            let mut answered = Answered::new(outcome, &kept);
            answered.reply_to = Some("amq.gen-1");
            let answer = Cyberfusion::new("cy").error_data().answer(&answered);
            let Answer::Reply(reply) = answer else { panic!("{answer:?}") };
            let expected = format!(r#"{{"success":false,"message":"above","data":{data}}}"#);
            assert_eq!(String::from_utf8_lossy(&reply.body), expected, "{error}");
        }
    }
}
