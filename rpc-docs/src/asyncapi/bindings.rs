//! The AMQP bindings 0.3.0 of channels, operations and messages.

use amqp_rpc_contract::description::{MethodDescription, MethodKind};
use serde_json::{Value, json};

use super::address::Address;

const VERSION: &str = "0.3.0";

/// Servers take this number of milliseconds, and more, for no limit.
const NO_LIMIT: u64 = 2_147_483_647;

/// The channel that requests of `method` are published to.
pub(super) fn request_channel(method: &MethodDescription, address: &Address) -> Value {
    let binding = if method.exchange.is_empty() {
        json!({
            "is": "queue",
            "queue": { "name": address.text, "durable": true, "exclusive": false, "autoDelete": false },
            "bindingVersion": VERSION,
        })
    } else {
        let kind = if method.kind == MethodKind::Event { "topic" } else { "direct" };
        json!({
            "is": "routingKey",
            "exchange": { "name": method.exchange, "type": kind, "durable": true, "autoDelete": false },
            "bindingVersion": VERSION,
        })
    };
    json!({ "amqp": binding })
}

/// The channel of replies: the default exchange.
pub(super) fn reply_channel() -> Value {
    json!({
        "amqp": { "is": "routingKey", "exchange": { "name": "", "type": "default" }, "bindingVersion": VERSION },
    })
}

/// How requests are published and settled.
pub(super) fn operation(method: &MethodDescription) -> Value {
    let one_way = matches!(method.kind, MethodKind::Notify | MethodKind::Event);
    let mut binding = json!({
        "deliveryMode": if one_way { 2 } else { 1 },
        "mandatory": method.kind != MethodKind::Event,
        "timestamp": true,
        "ack": true,
        "bindingVersion": VERSION,
    });
    // One-way messages wait without limit.
    if let Some(timeout) = method.timeout_ms.filter(|timeout| !one_way && *timeout < NO_LIMIT) {
        binding["expiration"] = timeout.into();
    }
    json!({ "amqp": binding })
}

/// A message with this AMQP property `type`.
pub(super) fn message(message_type: &str) -> Value {
    json!({ "amqp": { "messageType": message_type, "bindingVersion": VERSION } })
}
