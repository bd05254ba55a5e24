//! What all ledgers of a run share: its clock, its history, what was wrong, and what the broker may have forgotten.

use std::time::{Duration, Instant};

use crate::{
    forgetting::Forgetting,
    history::{Deed, History},
    violations::Violations,
};

#[derive(Debug)]
pub(crate) struct Journal {
    began: Instant,
    history: History,
    pub(crate) violations: Violations,
    pub(crate) forgetting: Forgetting,
}

impl Journal {
    pub(crate) fn new(history: History, forgetting: Forgetting) -> Self {
        Self { began: Instant::now(), history, violations: Violations::default(), forgetting }
    }

    /// Since the run began.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn millis(&self) -> u32 {
        u32::try_from(self.now().as_millis()).unwrap_or(u32::MAX)
    }

    /// Into the history, so that what happens next is seen beside it.
    pub(crate) fn note(&self, what: &str) {
        self.history.note(self.millis(), what);
    }

    pub(crate) fn add(&self, key: u64, deed: Deed) {
        self.history.add(self.millis(), key, deed);
    }

    /// Writes down what must not be, with the history of the call or message.
    pub(crate) fn violate(&self, key: u64, what: &str, claim: &str) {
        self.violations.add(&format!("{what}: {claim}\n{}", self.history.of(key)));
    }
}
