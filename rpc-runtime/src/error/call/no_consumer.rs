//! Calls that were not sent because no server consumes their queue.

use std::fmt;

use super::queue_state::Waiting;

/// Nobody consumes the method's queue, and the call was told to fail fast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoConsumer {
    pub(crate) queue: String,
    pub(crate) waiting: u32,
}

impl NoConsumer {
    /// The method's queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// How many requests wait in it.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.waiting
    }
}

impl fmt::Display for NoConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, waiting } = self;
        write!(f, "nobody consumes queue `{queue}`, where {}", Waiting(*waiting))
    }
}
