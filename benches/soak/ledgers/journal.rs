//! Shared by all ledgers of a run: the clock, the history, the violations, and the queues whose redeliveries
//! may be unmarked.

use std::time::{Duration, Instant};

use super::{
    history::{History, HistoryEvent},
    unmarked_redeliveries::UnmarkedRedeliveries,
    violations::Violations,
};

#[derive(Debug)]
pub(crate) struct Journal {
    began: Instant,
    history: History,
    pub(crate) violations: Violations,
    pub(crate) unmarked_redeliveries: UnmarkedRedeliveries,
}

impl Journal {
    pub(crate) fn new(history: History, unmarked_redeliveries: UnmarkedRedeliveries) -> Self {
        Self { began: Instant::now(), history, violations: Violations::default(), unmarked_redeliveries }
    }

    /// The time since the run began.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn millis(&self) -> u32 {
        u32::try_from(self.now().as_millis()).unwrap_or(u32::MAX)
    }

    /// Adds a line to the history that belongs to no call.
    pub(crate) fn note(&self, what: &str) {
        self.history.note(self.millis(), what);
    }

    pub(crate) fn add(&self, key: u64, event: HistoryEvent) {
        self.history.add(self.millis(), key, event);
    }

    /// Reports a violation, with the history of the call or message.
    pub(crate) fn violate(&self, key: u64, what: &str, claim: &str) {
        self.violations.add(&format!("{what}: {claim}\n{}", self.history.of(key)));
    }
}
