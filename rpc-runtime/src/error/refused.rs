//! Calls that were refused before they were sent, or that the broker let nobody run.

use std::{fmt, sync::Arc};

use super::timeout::Waiting;

/// The broker takes no messages at the moment: it is short of memory or disk, and has said so (`connection.blocked`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub(crate) reason: Arc<str>,
}

impl Blocked {
    /// What the broker gave as its reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the broker takes no messages: {}", self.reason)
    }
}

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

/// The broker did not take a notification or an event (`basic.nack`): a queue that is to have it is full and refuses more, or failed.
///
/// Of several queues some may have taken it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub(crate) idempotent: bool,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker did not take the message: a queue is full, or has failed")
    }
}

/// The client's user may not write to the exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRefused {
    pub(crate) exchange: String,
    pub(crate) reason: Arc<str>,
}

impl AccessRefused {
    /// The exchange.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// What the broker said.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for AccessRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the client's user may not write to exchange `{}`; grant it with `rabbitmqctl set_permissions`: {}",
            self.exchange, self.reason
        )
    }
}
