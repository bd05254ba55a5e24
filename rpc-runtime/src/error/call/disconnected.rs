//! Calls that failed with their connection.

use std::{fmt, sync::Arc};

use super::Phase;

/// The connection, or the channel on it, was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnected {
    pub(crate) reason: Arc<str>,
    pub(crate) phase: Phase,
    pub(crate) idempotent: bool,
}

impl Disconnected {
    /// What the broker or the operating system said.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// How far the call had come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }
}

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            Phase::WaitingToSend => write!(f, "not connected: {}", self.reason),
            Phase::Sent => write!(f, "disconnected before the reply came: {}", self.reason),
        }
    }
}
