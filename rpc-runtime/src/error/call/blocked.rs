//! The error of calls that are not sent because the broker is short of memory or disk.

use std::{fmt, sync::Arc};

/// The broker accepts no messages: it is short of memory or disk. RabbitMQ blocks the connection
/// (`connection.blocked`), LavinMQ refuses messages by closing the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub(crate) reason: Arc<str>,
}

impl Blocked {
    /// The reason that the broker stated.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the broker accepts no messages: {}", self.reason)
    }
}
