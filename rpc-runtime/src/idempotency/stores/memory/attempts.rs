//! The attempts of a store in memory: those that run, and those that have ended.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::watch, time::Instant};

use super::ended::{EndedAttempts, LONGEST};
use crate::idempotency::stores::{Attempt, Begun, IdempotencyKey};

pub(super) struct Attempts {
    /// First in the order of locks; held for no longer than a look into both maps takes.
    running: Mutex<Running>,
    pub(super) ended: EndedAttempts,
}

#[derive(Default)]
struct Running {
    by_key: HashMap<IdempotencyKey, RunningAttempt>,
    /// When those whose lease has ended are next looked for.
    next_sweep: Option<Instant>,
}

struct RunningAttempt {
    attempt: Attempt,
    lease_until: Instant,
    /// Closed when the attempt ends.
    ended: watch::Sender<()>,
}

impl Attempts {
    pub(super) fn new(ended: EndedAttempts) -> Self {
        Self { running: Mutex::default(), ended }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        // No code panics while it holds the lock.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, attempt: &Attempt) -> Begun {
        let now = Instant::now();
        let mut running = self.running();
        self.sweep(&mut running, attempt.lease(), now);
        if let Some(other) = running.by_key.get(attempt.key()) {
            return if other.attempt.fingerprint() != attempt.fingerprint() {
                Begun::OtherRequest
            } else if other.attempt.holder() == attempt.holder() {
                Begun::Started
            } else if other.lease_until <= now {
                Begun::Abandoned
            } else {
                Begun::InProgress
            };
        }
        if let Some(ended) = self.ended.get(attempt.key())
            && !ended.is_expired(now)
        {
            return if ended.fingerprint == *attempt.fingerprint() {
                ended.reply.clone().map_or(Begun::Abandoned, Begun::Replied)
            } else {
                Begun::OtherRequest
            };
        }
        running.insert(attempt, now);
        Begun::Started
    }

    /// Moves attempts whose lease has ended to those that have ended: nobody may ask for them again.
    fn sweep(&self, running: &mut Running, lease: Duration, now: Instant) {
        if running.next_sweep.is_some_and(|at| now < at) {
            return;
        }
        running.next_sweep = now.checked_add(lease);
        for (_, abandoned) in running.by_key.extract_if(|_, running| running.lease_until <= now) {
            self.ended.insert(&abandoned.attempt, None, now);
        }
    }

    pub(super) fn extend(&self, attempt: &Attempt) {
        let now = Instant::now();
        let mut running = self.running();
        if let Some(held) = running.held_by(attempt) {
            held.lease_until = lease_until(attempt, now);
        } else if self.is_abandoned_by(attempt) {
            self.ended.remove(attempt.key());
            running.insert(attempt, now);
        }
    }

    pub(super) fn complete(&self, attempt: &Attempt, reply: Bytes) {
        let now = Instant::now();
        let mut running = self.running();
        let is_held = running.held_by(attempt).is_some();
        let is_known = running.by_key.contains_key(attempt.key()) || self.ended.get(attempt.key()).is_some();
        if !is_held && is_known && !self.is_abandoned_by(attempt) {
            return;
        }
        // First: a repeat that is woken finds the reply.
        self.ended.insert(attempt, Some(reply), now);
        running.by_key.remove(attempt.key());
    }

    pub(super) fn release(&self, attempt: &Attempt) {
        let mut running = self.running();
        if running.held_by(attempt).is_some() {
            running.by_key.remove(attempt.key());
        } else if self.is_abandoned_by(attempt) {
            self.ended.remove(attempt.key());
        }
    }

    fn is_abandoned_by(&self, attempt: &Attempt) -> bool {
        let ended = self.ended.get(attempt.key());
        ended.is_some_and(|ended| ended.reply.is_none() && *ended.holder == *attempt.holder())
    }

    /// Resolves when no attempt runs for the key, or its lease ends.
    pub(super) async fn until_changed(&self, key: &IdempotencyKey) {
        let (mut ended, lease_until) = {
            let running = self.running();
            let Some(running) = running.by_key.get(key) else { return };
            (running.ended.subscribe(), running.lease_until)
        };
        // Either way the state may have changed.
        let _ = tokio::time::timeout_at(lease_until, ended.changed()).await;
    }
}

impl Running {
    fn insert(&mut self, attempt: &Attempt, now: Instant) {
        let lease_until = lease_until(attempt, now);
        let running = RunningAttempt { attempt: attempt.clone(), lease_until, ended: watch::Sender::new(()) };
        self.by_key.insert(attempt.key().clone(), running);
    }

    fn held_by(&mut self, attempt: &Attempt) -> Option<&mut RunningAttempt> {
        let running = self.by_key.get_mut(attempt.key())?;
        (running.attempt.holder() == attempt.holder()).then_some(running)
    }
}

fn lease_until(attempt: &Attempt, now: Instant) -> Instant {
    now + attempt.lease().min(LONGEST)
}
