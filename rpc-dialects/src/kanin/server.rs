//! Services that kanin's clients call.

use amqp_rpc_runtime::{
    Fault, FaultCode, Headers,
    contract::{MethodKind, ServiceDef},
    dialect::{
        Answer, Answered, Binding, Delivery, Incoming, IncomingRequest, Outcome, Properties, Queue,
        ReplyMessage, ServerDialect, ServiceTopology, SmolStr, Topology, Unsupported,
    },
};
use bytes::Bytes;

use super::{EXCHANGE, Kanin, RAW};
use crate::names::{check_distinct, check_no_deduplication, requests};

impl ServerDialect for Kanin {
    fn name(&self) -> &'static str {
        "kanin"
    }

    fn topology(&self, service: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        check_distinct(service, |method| self.names.of(method.full_name).to_owned())?;
        check_no_deduplication(service, "kanin")?;
        let mut topology = Topology::default();
        for method in requests(service) {
            let name = method.full_name;
            if !method.reads_anything {
                return Err(Unsupported::new(format!(
                    "`{name}` does not take bytes alone; let it take one `Bytes`, and declare it `#[rpc(bare)]`"
                )));
            }
            let queue = self.names.of(name).to_owned();
            topology.queues.push(Queue::transient(queue.clone(), Headers::new()).auto_delete());
            topology.bindings.push(Binding {
                queue: queue.clone(),
                exchange: EXCHANGE.to_owned(),
                routing_key: queue,
                arguments: Headers::new(),
            });
        }
        let queues = topology.queues.iter().map(|queue| queue.name.clone()).collect();
        Ok(ServiceTopology { queues, topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let Delivery { routing_key, mut properties, body, .. } = delivery;
        properties.content_type = Some(SmolStr::new_static(RAW));
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
        let is_one_way = answered.method.is_some_and(|method| method.kind != MethodKind::Call);
        let faults = |fault: &Fault| self.faults.as_ref().map(|bytes| bytes(fault));
        let body: Option<Bytes> = match answered.outcome {
            Outcome::Value { content_type: RAW, body } => Some(body.clone()),
            // A notification has no value. A caller that waits for a reply learns that it ran.
            Outcome::Value { .. } if is_one_way => Some(Bytes::new()),
            Outcome::Value { content_type, .. } => {
                let why = format!("the value is {content_type}, and kanin reads bytes alone");
                faults(&Fault::new(FaultCode::UnencodableReply, why))
            }
            Outcome::Error { text, .. } => faults(&Fault::new(FaultCode::Internal, text.unwrap_or("failed"))),
            Outcome::Fault(fault) => faults(fault),
            _ => None,
        };
        let Some(body) = body else { return Answer::Reject };
        let properties = Properties {
            content_type: Some(SmolStr::new_static(RAW)),
            correlation_id: answered.correlation_id.map(SmolStr::from),
            ..Properties::default()
        };
        ReplyMessage { exchange: "".into(), properties, body }.into()
    }
}
