//! The error of calls that a circuit breaker refuses.

use std::{fmt, time::Duration};

/// Most calls of the queue have failed lately, and the layer
/// [`CircuitBreaker`](crate::layers::CircuitBreaker) of this client sends no more for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitOpen {
    pub(crate) queue: &'static str,
    pub(crate) retry_after: Duration,
}

impl CircuitOpen {
    /// The queue, as the contract names it.
    #[must_use]
    pub fn queue(&self) -> &str {
        self.queue
    }

    /// Returns how long it is until calls are let through again; zero while the first of them are under way.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "calls of queue `{}` have failed lately, and this client sends no more for now", self.queue)
    }
}
