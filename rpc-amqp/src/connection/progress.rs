//! What the preparation of a connection waits for, for the error of one that takes too long.

use std::sync::{Arc, Mutex, PoisonError};

/// The step that is being waited for. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<Option<String>>>);

impl Progress {
    /// Records the step, as in "it still has to …".
    pub(crate) fn waits_for(&self, step: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(step.into());
    }

    /// The step; `None` before there is a connection.
    pub(crate) fn step(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
