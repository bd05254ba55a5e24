//! What the guard found, for those that receive what it let through.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, watch};

use crate::message::Refusal;

/// Findings of one connection. Written before lapin sees the frames they are about.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many refusals wait: nearly always none, and then nobody takes the lock.
    waiting: AtomicUsize,
    /// By channel and delivery tag.
    refused: Mutex<HashMap<(u16, u64), Refusal>>,
    returned: Mutex<Vec<String>>,
    on_return: Arc<Notify>,
    /// Whether the next is `Some`: asked before every call.
    is_blocked: AtomicBool,
    blocked: watch::Sender<Option<Arc<str>>>,
}

impl Findings {
    /// Notifies `on_return` of every message that the broker returned.
    pub fn new(on_return: Arc<Notify>) -> Self {
        Self { on_return, ..Self::default() }
    }

    pub(crate) fn refuse(&self, channel: u16, tag: u64, refusal: Refusal) {
        let mut refused = lock(&self.refused);
        refused.insert((channel, tag), refusal);
        self.waiting.store(refused.len(), Ordering::Release);
    }

    /// Why a delivery is not what was sent, if it is not.
    pub fn take_refusal(&self, channel: u16, tag: u64) -> Option<Refusal> {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut refused = lock(&self.refused);
        let refusal = refused.remove(&(channel, tag))?;
        self.waiting.store(refused.len(), Ordering::Release);
        Some(refusal)
    }

    /// A channel of this number begins anew, and so do its delivery tags.
    pub(crate) fn forget_channel(&self, channel: u16) {
        let mut refused = lock(&self.refused);
        refused.retain(|(of, _), _| *of != channel);
        self.waiting.store(refused.len(), Ordering::Release);
    }

    /// Whether every refusal was taken.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.refused).is_empty()
    }

    /// The broker has stopped taking messages on this connection, for this reason, or takes them again.
    pub(crate) fn block(&self, reason: Option<&str>) {
        self.is_blocked.store(reason.is_some(), Ordering::Release);
        self.blocked.send_replace(reason.map(Into::into));
    }

    /// Why the broker takes no messages on this connection, while it does not.
    pub fn blocked(&self) -> Option<Arc<str>> {
        if !self.is_blocked.load(Ordering::Acquire) {
            return None;
        }
        self.blocked.borrow().clone()
    }

    /// Follows [`blocked`](Self::blocked).
    pub fn watch_blocked(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.blocked.subscribe()
    }

    pub(crate) fn record_return(&self, correlation_id: String) {
        lock(&self.returned).push(correlation_id);
        self.on_return.notify_one();
    }

    /// Correlation ids of the messages that the broker has returned since the last call.
    pub fn take_returned(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.returned))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
