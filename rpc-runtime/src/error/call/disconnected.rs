//! The error of calls whose connection was lost.

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
    /// The reason of the broker or of the operating system.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The phase of the call when the connection was lost.
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
