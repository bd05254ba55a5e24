//! The counters of deduplication.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what [`ServerStats`](crate::server::ServerStats) reports of deduplicated methods.
#[derive(Debug, Default)]
pub(crate) struct DeduplicationStats {
    pub(crate) repeats_answered: Counter,
    pub(crate) repeats_waited: Counter,
    pub(crate) abandoned_keys: Counter,
    pub(crate) store_failures: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[cfg(feature = "idempotency")]
    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
