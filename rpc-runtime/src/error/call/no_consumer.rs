//! The error of calls that are not sent because their queue has no consumer.

use std::fmt;

use super::queue_state::Waiting;

/// The method's queue has no consumer, and the call [fails fast](crate::Call::fail_fast).
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

    /// The number of requests that wait in the queue.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.waiting
    }
}

impl fmt::Display for NoConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, waiting } = self;
        write!(f, "queue `{queue}` has no consumer, and {} in it", Waiting(*waiting))
    }
}
