//! Counts and prints violations. One fails the run.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Only the first ones are printed.
const SHOWN: usize = 10;

#[derive(Debug, Default)]
pub(crate) struct Violations(AtomicUsize);

impl Violations {
    /// Prints it at once, because the run may not come to its end.
    pub(crate) fn add(&self, what: &str) {
        if self.0.fetch_add(1, Ordering::SeqCst) < SHOWN {
            println!("VIOLATION: {what}");
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
