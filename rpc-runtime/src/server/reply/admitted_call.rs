//! The facts about a delivery that is a call.

use super::in_flight::InFlightGuard;
use crate::server::begun::RunsOnce;

/// A call that reaches its method.
pub(crate) struct AdmittedCall {
    /// Once requeued, it would not be run.
    pub(super) runs_once: bool,
    /// Set where this server has to know the request again.
    once: Option<Box<RunsOnce>>,
    // Dropped when the delivery is settled.
    pub(super) guard: InFlightGuard,
    /// It may have run.
    started: bool,
}

impl AdmittedCall {
    pub(crate) fn new(guard: InFlightGuard, runs_once: bool, once: Option<Box<RunsOnce>>) -> Self {
        Self { runs_once, once, guard, started: false }
    }

    pub(super) fn has_started(&self) -> bool {
        self.started
    }

    /// From here on it may have run.
    pub(super) fn start(&mut self) {
        self.started = true;
        if let Some(once) = &self.once {
            once.begin();
        }
    }

    /// It was refused before its method.
    pub(super) fn did_not_run(&mut self) {
        self.started = false;
        if let Some(once) = &self.once {
            once.did_not_run();
        }
    }
}
