//! Where the worker of a queue is told things.

use tokio::{sync::watch, task::AbortHandle};

use super::worker::{Control, Mode};

/// Clones are of the same worker.
#[derive(Clone)]
pub(crate) struct WorkerHandle {
    pub(crate) told: watch::Sender<Control>,
    pub(crate) worker: AbortHandle,
}

impl WorkerHandle {
    /// An order is never taken back.
    pub(crate) fn mode(&self, mode: Mode) {
        self.told.send_modify(|told| told.mode = told.mode.max(mode));
    }
}
