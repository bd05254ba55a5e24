//! A rule: what it fits, what it does, and how often it did.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

use super::{Action, Event, Faults};
use crate::recorder::Observed;

/// A rule of a broker. Dropping it removes the rule; [`keep`](Self::keep) leaves it there.
#[derive(Debug)]
#[must_use = "dropping it removes the rule"]
pub struct Rule {
    law: Arc<Law>,
    faults: Arc<Faults>,
    kept: bool,
}

impl Rule {
    pub(super) fn new(law: Arc<Law>, faults: Arc<Faults>) -> Self {
        Self { law, faults, kept: false }
    }

    /// How often it was applied.
    #[must_use]
    pub fn hits(&self) -> usize {
        *self.law.hits.borrow()
    }

    /// Waits until it was applied at least once. It waits for ever when nothing comes: give it a timeout.
    pub async fn hit(&self) {
        self.until_hits(1).await;
    }

    /// Waits until it was applied at least so often.
    pub async fn until_hits(&self, hits: usize) {
        let mut seen = self.law.hits.subscribe();
        // The law, and with it the sender, lives as long as `self`.
        let _ = seen.wait_for(|seen| *seen >= hits).await;
    }

    /// Removes it, as dropping does; connections that it stalls go on.
    pub fn remove(self) {}

    /// Leaves it in force for as long as the broker lives.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        if !self.kept {
            self.faults.repeal(&self.law);
        }
    }
}

/// The rule itself, shared by its handle and the connections.
#[derive(Debug)]
pub(super) struct Law {
    event: Event,
    pub(super) action: Action,
    /// How many have fitted.
    fitted: AtomicUsize,
    hits: watch::Sender<usize>,
    repealed: watch::Sender<bool>,
}

impl Law {
    pub(super) fn new(event: Event, action: Action) -> Self {
        Self {
            event,
            action,
            fitted: AtomicUsize::new(0),
            hits: watch::Sender::new(0),
            repealed: watch::Sender::new(false),
        }
    }

    /// Counts what fits; true when it is to be applied.
    pub(super) fn applies_to(&self, observed: &Observed) -> bool {
        self.event.fits(observed) && self.event.is_due(self.fitted.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn count_hit(&self) {
        self.hits.send_modify(|hits| *hits += 1);
    }

    pub(super) fn repeal(&self) {
        self.repealed.send_replace(true);
    }

    pub(super) fn repealed(&self) -> watch::Receiver<bool> {
        self.repealed.subscribe()
    }
}
