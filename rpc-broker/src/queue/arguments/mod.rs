//! The arguments of a queue: their names, their values, and the comparison with a later declaration.

pub(super) mod checks;
mod kind;
mod redeclaration;

use std::time::Duration;

use amq_protocol::types::{AMQPValue, FieldTable, ShortString};

pub(crate) use kind::QueueKind;
pub(crate) use redeclaration::inequivalence;

use crate::{
    erlang_term::{integer, type_name},
    like::Like,
};
use checks::Check;

const DEAD_LETTER_EXCHANGE: &str = "x-dead-letter-exchange";
const QUEUE_TYPE: &str = "x-queue-type";

/// The properties and arguments of a declaration.
#[derive(Clone, Debug)]
pub(crate) struct QueueDeclaration {
    pub(crate) durable: bool,
    pub(crate) exclusive: bool,
    pub(crate) auto_delete: bool,
    pub(crate) arguments: FieldTable,
}

/// What happens when a queue is full (`x-overflow`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// The oldest message is dropped.
    #[default]
    DropHead,
    RejectPublish,
    /// The new message is refused and dead-lettered.
    RejectPublishDlx,
}

/// The arguments that change how a queue works. Others that RabbitMQ knows are checked, and then ignored:
/// `x-max-priority`, and those about the storage of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueArguments {
    pub(crate) kind: QueueKind,
    pub(crate) single_active_consumer: bool,
    pub(crate) expires: Option<Duration>,
    pub(crate) message_ttl: Option<Duration>,
    pub(crate) max_length: Option<u64>,
    /// Counts the message bodies.
    pub(crate) max_length_bytes: Option<u64>,
    pub(crate) overflow: Overflow,
    pub(crate) dead_letter_exchange: Option<ShortString>,
    pub(crate) dead_letter_routing_key: Option<ShortString>,
    /// How many times a message may be returned.
    pub(crate) delivery_limit: Option<u32>,
}

/// In the order in which RabbitMQ checks them.
const CHECKS: &[(&str, Check)] = &[
    ("x-expires", checks::expires),
    ("x-message-ttl", checks::milliseconds),
    (DEAD_LETTER_EXCHANGE, checks::name),
    ("x-dead-letter-routing-key", checks::dead_letter_routing_key),
    ("x-dead-letter-strategy", checks::dead_letter_strategy),
    ("x-max-length", checks::not_negative),
    ("x-max-length-bytes", checks::not_negative),
    ("x-max-in-memory-length", checks::not_negative),
    ("x-max-in-memory-bytes", checks::not_negative),
    ("x-max-priority", checks::priority),
    ("x-overflow", checks::overflow),
    ("x-queue-mode", checks::queue_mode),
    ("x-queue-version", checks::queue_version),
    ("x-single-active-consumer", checks::boolean),
    ("x-quorum-initial-group-size", checks::group_size),
    ("x-queue-leader-locator", checks::leader_locator),
    ("x-queue-master-locator", checks::master_locator),
];

impl QueueArguments {
    /// # Errors
    ///
    /// RabbitMQ's text of the 406. Streams, and names that are too long for the fields of a message, are
    /// refused with this broker's own text.
    pub(crate) fn parse(
        declaration: &QueueDeclaration,
        name: &str,
        vhost: &str,
        like: Like,
    ) -> Result<Self, String> {
        let (arguments, resource) = (&declaration.arguments, resource(name, vhost));
        check_dead_letter_exchange(arguments, &resource)?;
        checks::run(&[(QUEUE_TYPE, checks::queue_type)], arguments, &resource)?;
        let kind = QueueKind::of(arguments, like);
        let own: Vec<_> =
            CHECKS.iter().filter(|(name, _)| kind.arguments().contains(name)).copied().collect();
        checks::run(&own, arguments, &resource)?;
        if let Some(name) = kind.first_foreign(arguments) {
            return Err(format!("invalid arg '{name}' for {resource} of queue type {}", kind.module()));
        }
        check_properties(kind, declaration, &resource)?;
        Ok(Self::of(kind, arguments, like))
    }

    fn of(kind: QueueKind, arguments: &FieldTable, like: Like) -> Self {
        let get = |name: &str| arguments.inner().get(name);
        let number = |name: &str| get(name).and_then(integer);
        let count = |name: &str| number(name).and_then(|count| u64::try_from(count).ok());
        let name = |name: &str| get(name).and_then(checks::short_string);
        let overflow = match get("x-overflow") {
            Some(AMQPValue::LongString(text)) => match text.as_bytes() {
                b"reject-publish" => Overflow::RejectPublish,
                // Quorum queues accept the value and ignore it.
                b"reject-publish-dlx" if kind == QueueKind::Classic && like.has_reject_publish_dlx() => {
                    Overflow::RejectPublishDlx
                }
                _ => Overflow::DropHead,
            },
            _ => Overflow::DropHead,
        };
        // RabbitMQ accepts any value: what is not a number is no limit, and a negative number is 0.
        let delivery_limit = number("x-delivery-limit").filter(|_| kind != QueueKind::Classic);
        Self {
            kind,
            single_active_consumer: get("x-single-active-consumer") == Some(&AMQPValue::Boolean(true)),
            expires: count("x-expires").map(Duration::from_millis),
            message_ttl: count("x-message-ttl").map(Duration::from_millis),
            max_length: count("x-max-length"),
            max_length_bytes: count("x-max-length-bytes"),
            overflow,
            dead_letter_exchange: name(DEAD_LETTER_EXCHANGE),
            dead_letter_routing_key: name("x-dead-letter-routing-key"),
            delivery_limit: delivery_limit.map(|limit| u32::try_from(limit.max(0)).unwrap_or(u32::MAX)),
        }
    }

    pub(crate) fn is_quorum(&self) -> bool {
        self.kind == QueueKind::Quorum
    }
}

/// Checks whether a server-named queue may have these arguments. RabbitMQ checks this first.
///
/// # Errors
///
/// RabbitMQ's text of the 406.
pub(crate) fn check_server_named(arguments: &FieldTable, like: Like) -> Result<(), String> {
    match QueueKind::of(arguments, like) {
        QueueKind::Classic | QueueKind::Any => Ok(()),
        kind => Err(format!("Cannot declare a server-named queue for type {}", kind.module())),
    }
}

/// Checks the dead-letter exchange: before all other arguments, and with another text.
fn check_dead_letter_exchange(arguments: &FieldTable, resource: &str) -> Result<(), String> {
    match arguments.inner().get(DEAD_LETTER_EXCHANGE) {
        None | Some(AMQPValue::LongString(_)) => Ok(()),
        Some(other) => {
            Err(format!("invalid type '{}' for arg '{DEAD_LETTER_EXCHANGE}' in {resource}", type_name(other)))
        }
    }
}

/// Checks the properties that quorum queues cannot have.
fn check_properties(kind: QueueKind, declaration: &QueueDeclaration, resource: &str) -> Result<(), String> {
    if kind != QueueKind::Quorum {
        return Ok(());
    }
    let forbidden = [
        ("auto-delete", declaration.auto_delete),
        ("exclusive-owner", declaration.exclusive),
        ("non-durable", !declaration.durable),
    ];
    match forbidden.into_iter().find(|(_, is_set)| *is_set) {
        Some((property, _)) => Err(format!("invalid property '{property}' for {resource}")),
        None => Ok(()),
    }
}

pub(super) fn resource(name: &str, vhost: &str) -> String {
    format!("queue '{name}' in vhost '{vhost}'")
}

#[cfg(test)]
mod tests;
