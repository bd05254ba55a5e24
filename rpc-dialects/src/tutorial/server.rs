//! Services that programs call by hand.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    codec::AnyCodec,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Delivery, Incoming, IncomingRequest, Outcome, Properties, ReplyMessage,
        ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};
use bytes::Bytes;

use super::Tutorial;
use crate::names::{check_distinct, check_no_deduplication, requests};

impl ServerDialect for Tutorial {
    fn name(&self) -> &'static str {
        "tutorial"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_distinct(service, |method| self.names.of(method.full_name).to_owned())?;
        check_no_deduplication(service, "the tutorial")?;
        let queues: Vec<_> =
            requests(service).map(|method| self.names.of(method.full_name).to_owned()).collect();
        let declared = queues.iter().map(|queue| self.shape.declare(queue)).collect();
        Ok(ServiceTopology { queues, topology: Topology { queues: declared, ..Topology::default() } })
    }

    fn codecs(&self) -> Vec<AnyCodec> {
        vec![self.codec.clone()]
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { routing_key, mut properties, body, .. } = delivery;
        let codec = self.codec.content_type();
        let stated = properties.content_type.as_deref().unwrap_or_default();
        let media_type = stated.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !["", "text/plain", "application/octet-stream", codec].contains(&media_type.as_str()) {
            let why = format!("content type {stated:?} is not supported; send {codec}");
            return Incoming::refused(Fault::new(FaultCode::UnsupportedMediaType, why), properties);
        }
        properties.content_type = Some(SmolStr::new_static(codec));
        properties.content_encoding = None;
        let method = self.names.find(service, &routing_key);
        let method = method.map_or(routing_key, |method| SmolStr::new_static(method.full_name));
        IncomingRequest { method, body, properties, kept: Headers::new() }.into()
    }

    fn allows_reply_to(&self, address: &str) -> bool {
        self.replies.allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        if let Some(settled) = answered.unanswered() {
            return settled;
        }
        let body = match &answered.outcome {
            Outcome::Value { body, .. } => Some(Bytes::clone(body)),
            outcome => self.error_text.as_ref().and_then(|text| text.of(outcome)).map(Bytes::from),
        };
        let Some(body) = body else { return Answer::Reject };
        let properties = Properties {
            content_type: Some(SmolStr::new_static(self.codec.content_type())),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            ..Properties::default()
        };
        ReplyMessage { exchange: Cow::Borrowed(""), properties, body }.into()
    }
}
