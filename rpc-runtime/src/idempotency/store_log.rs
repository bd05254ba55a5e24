//! The log of a store that fails: at most a line in ten seconds for each kind of failure.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// While a store is down, every call fails: one line tells as much as thousands.
const PAUSE: Duration = Duration::from_secs(10);

/// Limits the lines about one kind of failure.
#[derive(Debug, Default)]
pub(super) struct StoreLog(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    last: Option<Instant>,
    /// How many failures have no line since the last one that has.
    left_out: u64,
}

impl StoreLog {
    /// Counts a failure. If it is to be logged, returns how many were left out before it.
    pub(super) fn next(&self) -> Option<u64> {
        let now = Instant::now();
        // No code panics while it holds the lock.
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.last.is_some_and(|last| now < last + PAUSE) {
            lines.left_out += 1;
            return None;
        }
        lines.last = Some(now);
        Some(std::mem::take(&mut lines.left_out))
    }
}
