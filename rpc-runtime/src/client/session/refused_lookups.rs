//! Remembers the queues that the broker refused to look up.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// At this number they are forgotten: untyped calls may name any number of queues.
const MAX_REMEMBERED: usize = 1024;

/// The queues that the broker refused to look up on one link. They are not asked for again on it: each refusal
/// costs the connection a channel.
#[derive(Debug, Default)]
pub(crate) struct RefusedLookups(Mutex<HashSet<String>>);

impl RefusedLookups {
    pub(super) fn contains(&self, queue: &str) -> bool {
        self.lock().contains(queue)
    }

    pub(super) fn remember(&self, queue: &str) {
        let mut queues = self.lock();
        if queues.len() >= MAX_REMEMBERED {
            queues.clear();
        }
        queues.insert(queue.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_queues_the_earlier_ones_are_forgotten() {
        let refused = RefusedLookups::default();
        (0..=MAX_REMEMBERED).for_each(|n| refused.remember(&n.to_string()));
        assert!(refused.contains(&MAX_REMEMBERED.to_string()));
        assert!(refused.lock().len() <= MAX_REMEMBERED);
    }
}
