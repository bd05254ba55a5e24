//! Exchanges, queues and bindings: plain data, declared and checked on channels of their own, since a refusal closes the channel.

mod declare;
mod look_up;

pub use look_up::QueueStatus;

use crate::{error::BrokerError, message::Headers};

/// What a server needs on the broker, in the order it is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    pub exchanges: Vec<Exchange>,
    pub queues: Vec<Queue>,
    pub bindings: Vec<Binding>,
}

/// An exchange; always durable.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub name: String,
    pub kind: ExchangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    Direct,
    Headers,
    Topic,
}

/// A queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    pub name: String,
    pub durable: bool,
    /// Of one connection, and gone with its consumer.
    pub exclusive: bool,
    pub arguments: Headers,
}

/// What lets messages of an exchange into a queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub queue: String,
    pub exchange: String,
    pub routing_key: String,
    pub arguments: Headers,
}

/// How a name was touched when the broker refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    DeclareExchange,
    DeclareQueue,
    BindQueue,
    ConsumeQueue,
}

/// What the broker refused.
#[derive(Debug)]
pub struct TopologyError {
    pub touch: Touch,
    pub name: String,
    pub source: BrokerError,
}

impl Topology {
    /// Adds what `other` has and this has not.
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
