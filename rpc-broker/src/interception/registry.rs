//! The active rules and recordings of a broker, and what happens to the next new connections.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::{
    Action, Direction, Matcher, ObservedLog, ObservedMethod, Payload, Peer, active_rule::ActiveRule,
};

/// How a new connection is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptAction {
    Serve,
    Reset,
    /// The connection is accepted, and the broker never writes anything to it.
    Ignore,
}

/// Holds the active rules and recordings of one broker.
#[derive(Debug)]
pub(crate) struct FaultRegistry {
    /// The number of rules and recordings. Connections check nothing else while it is 0.
    active: AtomicUsize,
    entries: Mutex<Entries>,
    connections_to_reset: AtomicUsize,
    connections_to_ignore: AtomicUsize,
    started: Instant,
}

#[derive(Debug, Default)]
struct Entries {
    rules: Vec<Arc<ActiveRule>>,
    logs: Vec<Arc<ObservedLog>>,
}

impl Default for FaultRegistry {
    fn default() -> Self {
        Self {
            active: AtomicUsize::new(0),
            entries: Mutex::default(),
            connections_to_reset: AtomicUsize::new(0),
            connections_to_ignore: AtomicUsize::new(0),
            started: Instant::now(),
        }
    }
}

impl FaultRegistry {
    pub(super) fn add_rule(&self, matcher: Matcher, action: Action) -> Arc<ActiveRule> {
        let rule = Arc::new(ActiveRule::new(matcher, action));
        self.change(|entries| entries.rules.push(Arc::clone(&rule)));
        rule
    }

    pub(super) fn remove_rule(&self, rule: &Arc<ActiveRule>) {
        self.change(|entries| entries.rules.retain(|other| !Arc::ptr_eq(other, rule)));
        rule.remove();
    }

    pub(crate) fn add_log(&self, log: Arc<ObservedLog>) {
        self.change(|entries| entries.logs.push(log));
    }

    pub(crate) fn remove_log(&self, log: &Arc<ObservedLog>) {
        self.change(|entries| entries.logs.retain(|other| !Arc::ptr_eq(other, log)));
    }

    /// Returns whether there is neither a rule nor a recording.
    pub(super) fn is_empty(&self) -> bool {
        self.active.load(Ordering::Acquire) == 0
    }

    /// Records a method, and returns the rules to apply to it, in the order in which they were added.
    pub(super) fn observe(
        &self,
        peer: &Arc<Peer>,
        direction: Direction,
        payload: Payload,
    ) -> Vec<Arc<ActiveRule>> {
        let at = self.started.elapsed();
        let Some(mut observed) = ObservedMethod::new(at, peer, direction, payload) else { return Vec::new() };
        let (mut due, logs) = {
            let entries = self.lock();
            (entries.rules.clone(), entries.logs.clone())
        };
        // Not under the lock: rules call functions of the test.
        due.retain(|rule| rule.applies_to(&observed));
        if !due.is_empty() {
            observed.set_actions(due.iter().map(|rule| rule.action.clone()).collect());
        }
        for log in logs {
            log.push(observed.clone());
        }
        for rule in &due {
            rule.count_hit();
        }
        due
    }

    /// Resets the next `number` connections.
    pub(crate) fn reset_connections(&self, number: usize) {
        self.connections_to_reset.store(number, Ordering::Release);
    }

    /// Ignores the next `number` connections, after those that are to be reset.
    pub(crate) fn ignore_connections(&self, number: usize) {
        self.connections_to_ignore.store(number, Ordering::Release);
    }

    /// Takes what is to happen to the next new connection.
    pub(crate) fn next_accept_action(&self) -> AcceptAction {
        if take_one(&self.connections_to_reset) {
            AcceptAction::Reset
        } else if take_one(&self.connections_to_ignore) {
            AcceptAction::Ignore
        } else {
            AcceptAction::Serve
        }
    }

    fn change(&self, change: impl FnOnce(&mut Entries)) {
        let mut entries = self.lock();
        change(&mut entries);
        self.active.store(entries.rules.len() + entries.logs.len(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Vectors are whole after each push and retain, even after a panic elsewhere.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_one(counter: &AtomicUsize) -> bool {
    let taken = counter.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
    taken.is_ok()
}
