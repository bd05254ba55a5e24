//! The calls that a server has and has not finished: what a shutdown that runs out of time must name.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;

use super::shutdown::AbandonedCall;
use crate::contract::MethodDef;

/// Every call between its admission and its settlement. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster(Arc<Mutex<Slab<AbandonedCall>>>);

/// A call on the roster, until this is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    roster: Roster,
    key: usize,
}

impl Roster {
    /// `runs_once`: the request is not run again when it comes again.
    pub(super) fn enter(&self, method: &'static MethodDef, runs_once: bool) -> Entry {
        let call = AbandonedCall { method: method.full_name, at_most_once: runs_once };
        Entry { key: self.calls().insert(call), roster: self.clone() }
    }

    /// The calls that are on it now.
    pub(super) fn list(&self) -> Vec<AbandonedCall> {
        self.calls().iter().map(|(_, call)| call.clone()).collect()
    }

    fn calls(&self) -> MutexGuard<'_, Slab<AbandonedCall>> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.roster.calls().remove(self.key);
    }
}
