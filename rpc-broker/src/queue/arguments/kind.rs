//! The types of queues, and the arguments of each.

use amq_protocol::types::{AMQPValue, FieldTable};

use crate::like::Like;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum QueueKind {
    #[default]
    Classic,
    Quorum,
    /// The only type of a broker that ignores types: it knows all arguments.
    Any,
}

/// In the order in which RabbitMQ compares them when a queue is redeclared.
const CLASSIC: &[&str] = &[
    "x-expires",
    "x-message-ttl",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-overflow",
    "x-queue-mode",
    "x-queue-version",
    "x-single-active-consumer",
    "x-queue-type",
    "x-queue-master-locator",
];

const QUORUM: &[&str] = &[
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-dead-letter-strategy",
    "x-expires",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-in-memory-length",
    "x-max-in-memory-bytes",
    "x-overflow",
    "x-single-active-consumer",
    "x-queue-type",
    "x-quorum-initial-group-size",
    "x-delivery-limit",
    "x-message-ttl",
    "x-queue-leader-locator",
];

const ANY: &[&str] = &[
    "x-expires",
    "x-message-ttl",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-overflow",
    "x-single-active-consumer",
    "x-queue-type",
    "x-delivery-limit",
];

/// The arguments of streams only.
const STREAM: &[&str] = &["x-max-age", "x-stream-max-segment-size-bytes", "x-initial-cluster-size"];

impl QueueKind {
    /// Reads `x-queue-type`; classic without one.
    pub(crate) fn of(arguments: &FieldTable, like: Like) -> Self {
        if like.has_one_queue_type() {
            return Self::Any;
        }
        match arguments.inner().get("x-queue-type") {
            Some(AMQPValue::LongString(name)) if name.as_bytes() == b"quorum" => Self::Quorum,
            _ => Self::Classic,
        }
    }

    /// The name of the type in RabbitMQ's reply texts.
    pub(crate) fn module(self) -> &'static str {
        match self {
            Self::Classic | Self::Any => "rabbit_classic_queue",
            Self::Quorum => "rabbit_quorum_queue",
        }
    }

    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Classic => CLASSIC,
            Self::Quorum => QUORUM,
            Self::Any => ANY,
        }
    }

    /// Finds an argument that only other types know. Arguments that no type knows are ignored.
    pub(super) fn first_foreign(self, arguments: &FieldTable) -> Option<&str> {
        if self == Self::Any {
            return None;
        }
        let names = arguments.inner().keys().map(amq_protocol::types::ShortString::as_str);
        let known = |name: &str| [CLASSIC, QUORUM, STREAM].iter().any(|names| names.contains(&name));
        names.into_iter().find(|name| known(name) && !self.arguments().contains(name))
    }
}
