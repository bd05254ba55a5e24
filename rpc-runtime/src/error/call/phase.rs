//! How far a call had come when it failed.

use crate::message::Execution;

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It waited for a free slot or for the connection: nothing was sent.
    WaitingToSend,
    /// The request was handed to the connection: the broker, or a server, may have it.
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
