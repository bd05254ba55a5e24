//! The error of a declaration that the broker refused.

use crate::error::BrokerError;

/// The operation that the broker refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Declaring an exchange, also passively.
    DeclareExchange,
    /// Declaring a queue, also passively.
    DeclareQueue,
    /// Binding a queue to an exchange, or unbinding it.
    BindQueue,
    /// Consuming a queue.
    ConsumeQueue,
}

/// The broker refused an operation on an exchange or a queue.
#[derive(Debug)]
pub struct TopologyError {
    /// The refused operation.
    pub operation: Operation,
    /// The name of the exchange or queue.
    pub name: String,
    /// The broker's error, or that of the connection.
    pub source: BrokerError,
}
