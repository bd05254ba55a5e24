//! The error of calls that are not sent because the broker has blocked the connection.

use std::{fmt, sync::Arc};

/// The broker has blocked the connection (`connection.blocked`): it is short of memory or disk.
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
        write!(f, "the broker has blocked the connection: {}", self.reason)
    }
}
