//! A description of a queue.

use crate::queue::Queue;

/// A queue, as it was when it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueInfo {
    /// Its name.
    pub name: String,
    /// Messages that wait to be delivered.
    pub ready: usize,
    /// Messages that were delivered and not settled.
    pub unacked: usize,
    /// Consumers, over all connections.
    pub consumers: usize,
    /// It survives a restart.
    pub durable: bool,
    /// It belongs to one connection and ends with it.
    pub exclusive: bool,
    /// It is deleted when its last consumer leaves.
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
