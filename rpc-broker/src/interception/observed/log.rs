//! The log that a recording reads: keeps the newest methods, within limits.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::ObservedMethod;

/// The bytes of content that a recording keeps at most.
const MAX_CONTENT_BYTES: usize = 64 * 1024 * 1024;

/// Keeps the newest methods that connections have observed.
#[derive(Debug)]
pub(crate) struct ObservedLog {
    max_methods: usize,
    entries: Mutex<Entries>,
    /// The number of methods recorded so far, for those that wait.
    recorded: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Entries {
    methods: VecDeque<ObservedMethod>,
    bytes: usize,
    dropped: usize,
}

/// A copy of the log at one moment.
#[derive(Debug)]
pub(crate) struct LogSnapshot {
    pub(crate) methods: Vec<ObservedMethod>,
    /// The number of older methods that the log has dropped.
    pub(crate) dropped: usize,
}

impl ObservedLog {
    pub(crate) fn new(max_methods: usize) -> Self {
        Self { max_methods, entries: Mutex::default(), recorded: watch::Sender::new(0) }
    }

    pub(crate) fn push(&self, observed: ObservedMethod) {
        let mut entries = self.lock();
        entries.bytes += observed.size();
        entries.methods.push_back(observed);
        while entries.methods.len() > self.max_methods || entries.bytes > MAX_CONTENT_BYTES {
            let Some(oldest) = entries.methods.pop_front() else { break };
            entries.bytes -= oldest.size();
            entries.dropped += 1;
        }
        drop(entries);
        self.recorded.send_modify(|count| *count += 1);
    }

    pub(crate) fn snapshot(&self) -> LogSnapshot {
        let entries = self.lock();
        LogSnapshot { methods: entries.methods.iter().cloned().collect(), dropped: entries.dropped }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().methods.len()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Entries::default();
    }

    /// Counts the methods recorded so far; changes with each of them.
    pub(crate) fn recorded(&self) -> watch::Receiver<u64> {
        self.recorded.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Nothing panics between the steps of a change to the entries.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
