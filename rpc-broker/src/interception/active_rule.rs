//! A rule as connections apply it: what it matches, what it does, and how often it was applied.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use super::{Action, Matcher, ObservedMethod};

/// A rule, shared by its guard and the connections.
#[derive(Debug)]
pub(super) struct ActiveRule {
    matcher: Matcher,
    pub(super) action: Action,
    /// How many methods have matched.
    matched: AtomicUsize,
    /// How many times the rule was applied.
    hits: watch::Sender<usize>,
    removed: watch::Sender<bool>,
}

impl ActiveRule {
    pub(super) fn new(matcher: Matcher, action: Action) -> Self {
        Self {
            matcher,
            action,
            matched: AtomicUsize::new(0),
            hits: watch::Sender::new(0),
            removed: watch::Sender::new(false),
        }
    }

    /// Counts a method that matches; true when the rule is to be applied to it.
    pub(super) fn applies_to(&self, observed: &ObservedMethod) -> bool {
        self.matcher.matches(observed) && self.matcher.is_due(self.matched.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn count_hit(&self) {
        self.hits.send_modify(|hits| *hits += 1);
    }

    pub(super) fn hits(&self) -> watch::Receiver<usize> {
        self.hits.subscribe()
    }

    /// Marks the rule as removed; connections that it stalls go on.
    pub(super) fn remove(&self) {
        self.removed.send_replace(true);
    }

    pub(super) fn removed(&self) -> watch::Receiver<bool> {
        self.removed.subscribe()
    }
}
