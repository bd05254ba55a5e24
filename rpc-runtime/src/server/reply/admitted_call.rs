//! The facts about a delivery that is a call.

use std::time::Instant;

use super::in_flight::InFlightGuard;
use crate::server::{begun::RunsOnce, reflection::CountedCall};

/// A call that reaches its method.
pub(crate) struct AdmittedCall {
    /// Once requeued, it would not be run.
    pub(super) runs_once: bool,
    /// Set where this server has to know the request again.
    once: Option<Box<RunsOnce>>,
    // Dropped when the delivery is settled.
    guard: InFlightGuard,
    counted: CountedCall,
    /// It may have run.
    started: bool,
    /// It came through a partition.
    is_of_partition: bool,
}

impl AdmittedCall {
    pub(crate) fn new(
        guard: InFlightGuard,
        counted: CountedCall,
        (runs_once, once): (bool, Option<Box<RunsOnce>>),
    ) -> Self {
        Self { runs_once, once, guard, counted, started: false, is_of_partition: false }
    }

    /// Says whether it came through a partition: if it does not start, it goes to the next holder of its lock.
    pub(crate) fn of_partition(self, is_of_partition: bool) -> Self {
        Self { is_of_partition, ..self }
    }

    /// It has an outcome. Its time counts from its receipt: what it has waited for a lock is a part of it.
    pub(super) fn end(&mut self, succeeded: bool, received_at: Instant) {
        self.counted.end(succeeded, || received_at.elapsed());
    }

    /// Its delivery is dropped without an outcome.
    pub(super) fn cancel(&mut self) {
        if self.started || !self.is_of_partition {
            self.guard.cancel();
        }
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
