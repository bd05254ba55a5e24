//! Records what the guard found on a connection.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, watch};

use crate::{broker::Broker, error::BrokerError, message::Refusal};

/// The broker, refused deliveries, returned messages and the blocked state of one connection.
///
/// The guard writes them before lapin gets the frames concerned.
#[derive(Debug, Default)]
pub struct Findings {
    broker: OnceLock<Broker>,
    /// The length of `refused`. It is nearly always 0, which saves taking the lock.
    refusals: AtomicUsize,
    /// By channel and delivery tag.
    refused: Mutex<HashMap<(u16, u64), Refusal>>,
    returned: Mutex<Vec<String>>,
    on_return: Arc<Notify>,
    /// Whether `blocked` is `Some`. Read before every call, without a lock.
    is_blocked: AtomicBool,
    blocked: watch::Sender<Option<Arc<str>>>,
    /// The first refusal for lack of disk.
    low_on_disk: OnceLock<BrokerError>,
}

impl Findings {
    /// Creates empty findings that notify `on_return` of every returned message.
    pub fn new(on_return: Arc<Notify>) -> Self {
        Self { on_return, ..Self::default() }
    }

    /// Records which broker it is.
    pub(crate) fn identify(&self, broker: Broker) {
        // A broker that introduces itself again is still the same one.
        self.broker.get_or_init(|| broker);
    }

    /// The broker, as it introduced itself. [`Broker::Other`] before it has.
    pub fn broker(&self) -> Broker {
        self.broker.get().copied().unwrap_or_default()
    }

    pub(crate) fn refuse(&self, channel: u16, tag: u64, refusal: Refusal) {
        let mut refused = lock(&self.refused);
        refused.insert((channel, tag), refusal);
        self.refusals.store(refused.len(), Ordering::Release);
    }

    /// Takes the reason why the guard changed a delivery, or `None` for one that it did not change.
    pub fn take_refusal(&self, channel: u16, tag: u64) -> Option<Refusal> {
        if self.refusals.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut refused = lock(&self.refused);
        let refusal = refused.remove(&(channel, tag))?;
        self.refusals.store(refused.len(), Ordering::Release);
        Some(refusal)
    }

    /// Forgets the refusals of a channel that was opened again: its delivery tags start again at 1.
    pub(crate) fn forget_channel(&self, channel: u16) {
        let mut refused = lock(&self.refused);
        refused.retain(|(of, _), _| *of != channel);
        self.refusals.store(refused.len(), Ordering::Release);
    }

    /// Returns whether no refusal is left.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.refused).is_empty()
    }

    /// Records that the broker has blocked the connection for `reason`, or with `None` that it has unblocked
    /// it.
    pub(crate) fn block(&self, reason: Option<&str>) {
        self.is_blocked.store(reason.is_some(), Ordering::Release);
        self.blocked.send_replace(reason.map(Into::into));
    }

    /// The broker's reason while the connection is blocked (`connection.blocked`), else `None`.
    pub fn blocked(&self) -> Option<Arc<str>> {
        if !self.is_blocked.load(Ordering::Acquire) {
            return None;
        }
        self.blocked.borrow().clone()
    }

    /// Watches [`blocked`](Self::blocked).
    pub fn watch_blocked(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.blocked.subscribe()
    }

    /// Records why the broker closes a channel, as far as that concerns the whole connection.
    pub(crate) fn record_close(&self, error: BrokerError) {
        if error.is_low_on_disk() {
            self.low_on_disk.get_or_init(|| error);
        }
    }

    /// The error with which the broker closed a channel because it is low on disk, if it did. lapin may report
    /// another error first: that the channel is closed.
    pub fn low_on_disk(&self) -> Option<&BrokerError> {
        self.low_on_disk.get()
    }

    pub(crate) fn record_return(&self, correlation_id: String) {
        lock(&self.returned).push(correlation_id);
        self.on_return.notify_one();
    }

    /// Takes the correlation ids of all messages that the broker has returned since the last call. The id of
    /// a message that has none is empty.
    pub fn take_returned(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.returned))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
