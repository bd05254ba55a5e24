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

/// A durable exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The exchange's name.
    pub name: String,
    /// The exchange's type.
    pub kind: ExchangeKind,
}

/// The type of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// Routes by the whole routing key.
    Direct,
    /// Routes by headers.
    Headers,
    /// Routes by patterns of the routing key.
    Topic,
}

/// A queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// The queue's name.
    pub name: String,
    /// Whether it survives a restart of the broker.
    pub durable: bool,
    /// Whether only this connection may use it. Then it is also deleted with its last consumer.
    pub exclusive: bool,
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
