//! Changing what a server serves while it runs: what is asked of its supervisor.

use tokio::sync::oneshot;

use super::{composition::Given, shutdown::ShutdownReport};
use crate::error::ChangeError;

/// What becomes of a change is told to whoever asked for it, if anybody still waits.
pub(super) enum Asked {
    Add(Given, oneshot::Sender<Result<(), ChangeError>>),
    Remove(String, oneshot::Sender<Result<ShutdownReport, ChangeError>>),
}

impl Asked {
    /// Nothing was changed, because of `error`.
    pub(super) fn refuse(self, error: ChangeError) {
        // Whoever has stopped waiting does not want to know.
        match self {
            Self::Add(_, done) => drop(done.send(Err(error))),
            Self::Remove(_, done) => drop(done.send(Err(error))),
        }
    }

    /// Whether nobody waits for it any more: it must not happen behind their backs.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Add(_, done) => done.is_closed(),
            Self::Remove(_, done) => done.is_closed(),
        }
    }
}
