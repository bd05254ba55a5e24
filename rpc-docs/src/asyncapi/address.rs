//! The address of a method: the routing key of its requests, or on the default exchange their queue.

use amqp_rpc_contract::description::{LockScope, MethodDescription, MethodKind};
use serde_json::{Map, Value, json};

/// The number of partitions of a lock in a cluster that does not say it.
const DEFAULT_PARTITIONS: u16 = 16;

/// An address, with the parts of it that differ between messages.
#[derive(Debug, Default)]
pub(super) struct Address {
    pub(super) text: String,
    pub(super) parameters: Map<String, Value>,
}

impl Address {
    /// Where requests of this method are published to.
    pub(super) fn of(method: &MethodDescription) -> Self {
        let mut address = Self::default();
        match (method.kind, partitions(method)) {
            (MethodKind::Event, _) => {
                address.push(&method.routing_key);
                address.push_parameter("topic", "Empty, or a dot and the topic: words between dots.");
            }
            (_, Some(partitions)) => {
                let of_a_queue = method.exchange.is_empty();
                match &method.queue {
                    Some(queue) if of_a_queue => address.push(&format!("{queue}.lock")),
                    _ => address.push(&method.routing_key),
                }
                address.push(".");
                address.push_parameter(
                    "partition",
                    &format!(
                        "CRC-32 of the UTF-8 bytes of the lock's key, modulo {partitions}. The key is the text of the \
                         value that the method is locked by."
                    ),
                );
                address.push(&format!("-of-{partitions}"));
            }
            (_, None) => address.push(&method.routing_key),
        }
        address
    }

    /// A text that is the same in all messages. AsyncAPI takes what is between braces for the name of a parameter,
    /// so that braces are parameters with one value.
    fn push(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '{' => self.push_brace("openingBrace", "{"),
                '}' => self.push_brace("closingBrace", "}"),
                other => self.text.push(other),
            }
        }
    }

    fn push_brace(&mut self, name: &str, brace: &str) {
        self.text.push_str(&format!("{{{name}}}"));
        let parameter =
            json!({ "enum": [brace], "default": brace, "description": "A brace of the address itself." });
        self.parameters.insert(name.to_owned(), parameter);
    }

    fn push_parameter(&mut self, name: &str, description: &str) {
        self.text.push_str(&format!("{{{name}}}"));
        self.parameters.insert(name.to_owned(), json!({ "description": description }));
    }
}

/// The number of partitions that the requests of a method are distributed over.
pub(crate) fn partitions(method: &MethodDescription) -> Option<u16> {
    let lock = method.lock.as_ref().filter(|lock| lock.scope == LockScope::Cluster)?;
    Some(lock.partitions.unwrap_or(DEFAULT_PARTITIONS))
}
