//! The messages that were begun on one link.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tokio::sync::Notify;

use super::{
    message::{BegunMessage, MessageOrigin},
    remembered::RememberedMessages,
};
use crate::message::IncomingCall;

/// The most acknowledgements that wait for the proof that the broker has them. More come together only on a
/// connection that is blocked or about to be lost.
const MAX_UNPROVEN: usize = 10_000;

/// Lists what was begun on a link and is not settled for certain.
#[derive(Debug)]
pub(crate) struct BegunOnLink {
    remembered: Arc<RememberedMessages>,
    /// Something was begun. A link without methods that run at most once never takes the lock.
    is_used: AtomicBool,
    listed: Mutex<Listed>,
    acknowledged: Notify,
}

#[derive(Debug, Default)]
struct Listed {
    /// By delivery tag.
    unsettled: BTreeMap<u64, BegunMessage>,
    /// Acknowledged or rejected in this order, which the broker may not know yet.
    unproven: VecDeque<BegunMessage>,
    /// How many left the front of `unproven`.
    proven: u64,
    is_lost: bool,
}

/// A call that runs at most once.
#[derive(Debug)]
pub(crate) struct RunsOnce {
    on_link: Arc<BegunOnLink>,
    tag: u64,
    message: BegunMessage,
}

impl BegunOnLink {
    pub(crate) fn new(remembered: Arc<RememberedMessages>) -> Self {
        Self {
            remembered,
            is_used: AtomicBool::new(false),
            listed: Mutex::default(),
            acknowledged: Notify::new(),
        }
    }

    /// The call as one that is known again. `None` if it could not be. Boxed, because most calls have none.
    pub(crate) fn runs_once(
        self: &Arc<Self>,
        call: &IncomingCall,
        origin: MessageOrigin<'_>,
    ) -> Option<Box<RunsOnce>> {
        let message = BegunMessage::of(call, origin, &self.remembered.hasher)?;
        Some(Box::new(RunsOnce { on_link: Arc::clone(self), tag: origin.tag, message }))
    }

    /// Notes that a delivery was acknowledged or rejected.
    pub(crate) fn settled(&self, tag: u64) {
        if !self.is_used.load(Ordering::Acquire) {
            return;
        }
        let mut listed = self.lock();
        let before = listed.unproven.len();
        let settled = listed.unsettled.remove(&tag);
        listed.unproven.extend(settled);
        let has_more = listed.unproven.len() > before;
        let forgotten = listed.unproven.len().saturating_sub(MAX_UNPROVEN);
        listed.forget(forgotten);
        drop(listed);
        if has_more {
            self.acknowledged.notify_one();
        }
    }

    /// Notes that a delivery was requeued. It may come back over any link.
    pub(crate) fn requeued(&self, tag: u64) {
        if self.is_used.load(Ordering::Acquire) {
            let requeued = self.lock().unsettled.remove(&tag);
            self.remembered.remember(requeued);
        }
    }

    /// Waits for an acknowledgement that is not proven yet.
    pub(super) async fn until_acknowledged(&self) {
        self.acknowledged.notified().await;
    }

    /// The number of acknowledgements until now.
    pub(super) fn count_acknowledged(&self) -> u64 {
        let listed = self.lock();
        listed.proven + listed.unproven.len() as u64
    }

    /// Notes that the broker has as many acknowledgements.
    pub(super) fn prove(&self, acknowledgements: u64) {
        let mut listed = self.lock();
        let proven = acknowledgements.saturating_sub(listed.proven);
        let proven = usize::try_from(proven).unwrap_or(usize::MAX).min(listed.unproven.len());
        listed.forget(proven);
    }

    fn begin(&self, tag: u64, message: BegunMessage) {
        self.is_used.store(true, Ordering::Release);
        let mut listed = self.lock();
        if listed.is_lost {
            // The task of the call was about to begin it when it was cancelled.
            drop(listed);
            self.remembered.remember([message]);
        } else {
            listed.unsettled.insert(tag, message);
        }
    }

    /// Remembers what is listed: the link is lost.
    pub(super) fn lose(&self) {
        let Listed { unsettled, unproven, .. } =
            std::mem::replace(&mut *self.lock(), Listed { is_lost: true, ..Listed::default() });
        if !unsettled.is_empty() || !unproven.is_empty() {
            self.remembered.remember(unproven.into_iter().chain(unsettled.into_values()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listed> {
        // No code panics while it holds the lock.
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listed {
    fn forget(&mut self, count: usize) {
        self.unproven.drain(..count);
        self.proven += count as u64;
    }
}

impl RunsOnce {
    /// Returns whether the message was begun on an earlier link.
    pub(crate) fn was_begun(&self) -> bool {
        self.on_link.remembered.take(self.message, Instant::now())
    }

    /// From here on the message may have run.
    pub(crate) fn begin(&self) {
        self.on_link.begin(self.tag, self.message);
    }

    /// The message has not run, and may later.
    pub(crate) fn did_not_run(&self) {
        self.on_link.lock().unsettled.remove(&self.tag);
    }
}
