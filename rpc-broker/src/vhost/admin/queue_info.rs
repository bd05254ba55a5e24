//! A description of a queue.

use crate::queue::Queue;

/// A queue at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueInfo {
    /// The name of the queue.
    pub name: String,
    /// The number of ready messages: those that wait to be delivered.
    pub ready: usize,
    /// The number of unacknowledged messages.
    pub unacked: usize,
    /// The number of consumers, over all connections.
    pub consumers: usize,
    /// Whether the queue survives a restart.
    pub durable: bool,
    /// Whether the queue belongs to one connection and ends with it.
    pub exclusive: bool,
    /// Whether the queue is deleted with its last consumer.
    pub auto_delete: bool,
}

impl QueueInfo {
    pub(in crate::vhost) fn of(queue: &Queue) -> Self {
        Self {
            name: queue.name.to_string(),
            ready: queue.ready(),
            unacked: queue.unacked,
            consumers: queue.consumers.len(),
            durable: queue.durable,
            exclusive: queue.exclusive.is_some(),
            auto_delete: queue.auto_delete,
        }
    }
}
