//! The counts that a broker keeps for a queue.

/// The counts of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueState {
    /// Messages that wait to be delivered.
    pub(crate) ready: u64,
    /// Messages that were delivered and are not acknowledged yet.
    pub(crate) unacked: u64,
    pub(crate) consumers: u64,
}

impl QueueState {
    /// Whether every message was delivered and settled.
    pub(crate) fn is_settled(&self) -> bool {
        self.ready == 0 && self.unacked == 0
    }
}
