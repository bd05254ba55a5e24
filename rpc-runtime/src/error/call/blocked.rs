//! Calls that were not sent because the broker takes no messages.

use std::{fmt, sync::Arc};

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
