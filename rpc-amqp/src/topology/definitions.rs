//! The plain data of a topology.

use crate::message::Headers;

/// The exchanges, queues and bindings that a client or a server needs, in the order of their declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// The exchanges.
    pub exchanges: Vec<Exchange>,
    /// The queues.
    pub queues: Vec<Queue>,
    /// The bindings, which need exchanges and queues.
    pub bindings: Vec<Binding>,
}

/// An exchange.
///
/// The broker refuses to declare one that exists with another type, durability or auto-delete (406).
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The exchange's name.
    pub name: String,
    /// The exchange's type.
    pub kind: ExchangeKind,
    /// Whether it survives a restart of the broker.
    pub durable: bool,
    /// Whether the broker deletes it with its last binding. Until its first binding it stays.
    pub auto_delete: bool,
}

/// The type of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// Routes by the whole routing key.
    Direct,
    /// Routes to every queue that is bound.
    Fanout,
    /// Routes by headers.
    Headers,
    /// Routes by patterns of the routing key.
    Topic,
}

/// A queue.
///
/// The broker refuses to declare one that exists with other properties or arguments (406).
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// The queue's name.
    pub name: String,
    /// Whether it survives a restart of the broker.
    pub durable: bool,
    /// Whether only this connection may use it. The broker deletes it with the connection.
    pub exclusive: bool,
    /// Whether the broker deletes it with its last consumer. Until its first consumer it stays.
    pub auto_delete: bool,
    /// The optional arguments of the declaration, such as `x-queue-type`.
    pub arguments: Headers,
}

/// A binding, by which an exchange routes messages to a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The queue's name.
    pub queue: String,
    /// The exchange's name.
    pub exchange: String,
    /// The binding key.
    pub routing_key: String,
    /// The arguments that a headers exchange matches.
    pub arguments: Headers,
}

impl Exchange {
    /// An exchange that survives a restart of the broker, and stays without bindings.
    #[must_use]
    pub fn durable(name: impl Into<String>, kind: ExchangeKind) -> Self {
        Self { name: name.into(), kind, durable: true, auto_delete: false }
    }

    /// An exchange that is gone after a restart of the broker, and stays without bindings.
    #[must_use]
    pub fn transient(name: impl Into<String>, kind: ExchangeKind) -> Self {
        Self { durable: false, ..Self::durable(name, kind) }
    }

    /// Has the broker delete it with its last binding.
    #[must_use]
    pub fn auto_delete(mut self) -> Self {
        self.auto_delete = true;
        self
    }
}

impl Queue {
    /// A queue that survives a restart of the broker, stays without consumers, and is open to any connection.
    #[must_use]
    pub fn durable(name: impl Into<String>, arguments: Headers) -> Self {
        Self { name: name.into(), durable: true, exclusive: false, auto_delete: false, arguments }
    }

    /// A queue that is gone after a restart of the broker, stays without consumers, and is open to any
    /// connection.
    #[must_use]
    pub fn transient(name: impl Into<String>, arguments: Headers) -> Self {
        Self { durable: false, ..Self::durable(name, arguments) }
    }

    /// Has the broker delete it with its last consumer.
    #[must_use]
    pub fn auto_delete(mut self) -> Self {
        self.auto_delete = true;
        self
    }
}

impl Topology {
    /// Adds all parts of `other` that are not in this topology.
    pub fn extend(&mut self, other: &Self) {
        fn add<T: Clone + PartialEq>(to: &mut Vec<T>, from: &[T]) {
            for one in from {
                if !to.contains(one) {
                    to.push(one.clone());
                }
            }
        }
        add(&mut self.exchanges, &other.exchanges);
        add(&mut self.queues, &other.queues);
        add(&mut self.bindings, &other.bindings);
    }
}
