//! Calls of what aio-pika serves, and tasks for its workers.

use std::borrow::Cow;

use amqp_rpc_runtime::{
    contract::{MethodDef, Params},
    dialect::{
        Binding, ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, ReplyBinding,
        RequestMessage, SmolStr, Target, Topology, Unsupported,
    },
};
use bytes::Bytes;

use super::{
    AioPika, CALL, DEAD_LETTERS, ERROR, FROM, RESULT, dead_letters,
    errors::{ErrorBody, fault_of, fault_of_returned},
    from,
};
use crate::json::{JSON, is_json, is_object, object, object_of};

/// The priority of a call, unless the caller says another one.
const PRIORITY: u8 = 5;

impl ClientDialect for AioPika {
    fn name(&self) -> &'static str {
        "aio-pika"
    }

    fn takes_direct_replies(&self) -> bool {
        // A request that expires comes back to a queue, which is bound for that.
        false
    }

    fn reply_queue(&self, unique: &str) -> String {
        format!("amq_{}", unique.replace('-', ""))
    }

    fn target(&self, method: &'static MethodDef, name: &str) -> Result<Target, Unsupported> {
        let queue = self.queue_of(method.kind, name);
        Ok(Target {
            exchange: self.exchange_of(method),
            routing_key: Cow::Owned(queue.clone()),
            queue: Cow::Owned(queue),
        })
    }

    fn reply_bindings(&self, binding: &ReplyBinding<'_>) -> Topology {
        let exchange = self.call_exchange().filter(|exchange| exchange.name == binding.exchange);
        Topology {
            exchanges: [dead_letters()].into_iter().chain(exchange).collect(),
            queues: Vec::new(),
            bindings: vec![Binding {
                queue: binding.queue.to_owned(),
                exchange: DEAD_LETTERS.to_owned(),
                routing_key: String::new(),
                arguments: from(binding.queue),
            }],
        }
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let name = request.name;
        if !is_json(Some(request.content_type)) {
            return Err(Unsupported::new(format!(
                "`{name}` is sent as {}, and aio-pika's patterns are called in JSON alone",
                request.content_type
            )));
        }
        let json = std::str::from_utf8(request.body).map_err(|error| Unsupported::new(error.to_string()))?;
        let body = match request.method.params {
            Params::Bare(parameter) => Bytes::from(object([(parameter, json)])),
            _ if is_object(json) => request.body.clone(),
            _ => {
                return Err(Unsupported::new(format!(
                    "the arguments of `{name}` are no object, and aio-pika's methods take them by name"
                )));
            }
        };
        let properties = request.properties();
        let mut headers = properties.headers.unwrap_or_default();
        let kind = request.is_call.then(|| SmolStr::new_static(CALL));
        if let Some(queue) = &properties.reply_to {
            headers.insert(FROM, queue.as_str());
        }
        let priority = properties.priority.or_else(|| request.is_call.then_some(PRIORITY));
        let content_type = Some(SmolStr::new_static(JSON));
        let properties = Properties { content_type, headers: Some(headers), kind, priority, ..properties };
        Ok(RequestMessage { properties, body })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let content_type = SmolStr::default();
        match reply.properties.kind.as_deref() {
            Some(RESULT) => PeerReply::Value { content_type, body: reply.body },
            Some(ERROR) => {
                let Some(ErrorBody { error }) = object_of(&reply.body) else {
                    return PeerReply::Error { content_type, body: reply.body };
                };
                match fault_of(error.get()) {
                    Some(fault) => fault,
                    None => {
                        let body = reply.body.slice_ref(error.get().as_bytes());
                        PeerReply::Error { content_type, body }
                    }
                }
            }
            // The request itself, which came back.
            Some(CALL) => fault_of_returned(reply.properties.headers.as_ref()),
            _ => PeerReply::Unreadable,
        }
    }
}
