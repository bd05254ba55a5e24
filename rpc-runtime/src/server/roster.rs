//! The calls that a server has and has not finished: what a shutdown that runs out of time must name.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;

use super::shutdown::AbandonedCall;
use crate::contract::{MethodDef, Repetition};

/// Every call between its admission and its settlement. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster(Arc<Mutex<Slab<&'static MethodDef>>>);

/// A call on the roster, until this is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    roster: Roster,
    key: usize,
}

impl Roster {
    pub(super) fn enter(&self, method: &'static MethodDef) -> Entry {
        Entry { key: self.calls().insert(method), roster: self.clone() }
    }

    /// The calls that are on it now.
    pub(super) fn list(&self) -> Vec<AbandonedCall> {
        let abandoned = |method: &MethodDef| AbandonedCall {
            method: method.full_name,
            at_most_once: method.repetition == Repetition::AtMostOnce,
        };
        self.calls().iter().map(|(_, method)| abandoned(method)).collect()
    }

    fn calls(&self) -> MutexGuard<'_, Slab<&'static MethodDef>> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.roster.calls().remove(self.key);
    }
}
