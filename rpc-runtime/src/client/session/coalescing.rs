//! How many calls of a method may share a message, as its servers say in their replies.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::contract::MethodDef;

/// The least of what servers have said counts for one to two times as long: of several servers of a queue, the one
/// that can take the fewest calls at once decides.
const COUNTS_FOR: Duration = Duration::from_millis(500);

/// The limits of one link, by method.
#[derive(Debug)]
pub(crate) struct Coalescing {
    /// The client's own limit.
    max_calls: u16,
    /// Of one reply: a message may have more, for several.
    pub(super) max_reply_bytes: usize,
    methods: Mutex<HashMap<usize, Limit>>,
}

/// How many calls of one method may share a message.
#[derive(Debug)]
enum Limit {
    Said {
        since: Instant,
        /// The least since then.
        least: u16,
        /// The least in the time before.
        least_before: u16,
    },
    /// A server of the queue does not say: it would not understand such a message.
    Never,
}

impl Coalescing {
    pub(crate) fn new(max_calls: u16, max_reply_bytes: usize) -> Self {
        Self { max_calls, max_reply_bytes, methods: Mutex::default() }
    }

    /// The most calls of `method` that may share a message. One, until a server has said that it reads more.
    pub(crate) fn max_calls(&self, method: &'static MethodDef) -> usize {
        let said = match self.lock().get(&key(method)) {
            Some(Limit::Said { least, least_before, .. }) => *least.min(least_before),
            Some(Limit::Never) | None => 1,
        };
        said.clamp(1, self.max_calls).into()
    }

    /// A server has replied to a call of `method`, and said how many it reads in one message; `None` if it did not.
    pub(crate) fn hear(&self, method: &'static MethodDef, calls: Option<u16>, now: Instant) {
        let mut methods = self.lock();
        let limit = methods.entry(key(method));
        let Some(calls) = calls else {
            limit.insert_entry(Limit::Never);
            return;
        };
        let limit = limit.or_insert(Limit::Said { since: now, least: calls, least_before: calls });
        if let Limit::Said { since, least, least_before } = limit {
            if now.duration_since(*since) >= COUNTS_FOR {
                (*since, *least_before, *least) = (now, *least, calls);
            }
            *least = calls.min(*least);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Limit>> {
        // No code panics while it holds the lock.
        self.methods.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Methods are constants of the program. One that exists twice only has two limits.
fn key(method: &'static MethodDef) -> usize {
    std::ptr::from_ref(method).addr()
}
