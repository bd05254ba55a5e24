//! The phase of a call when it failed.

use crate::message::Execution;

/// The phase of a call when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The call waited for a free slot or for the connection. Nothing was sent.
    WaitingToSend,
    /// The request was written to the connection. The broker, or a server, may have it.
    Sent,
}

impl Phase {
    pub(super) fn execution(self) -> Execution {
        match self {
            Self::WaitingToSend => Execution::Never,
            Self::Sent => Execution::Unknown,
        }
    }

    pub(super) fn is_retryable(self, idempotent: bool) -> bool {
        self == Self::WaitingToSend || idempotent
    }
}
