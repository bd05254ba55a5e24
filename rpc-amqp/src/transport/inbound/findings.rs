//! Records what the broker says of a connection as a whole, and the messages that it returns.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, watch};

use crate::{broker::Broker, error::BrokerError};

/// The broker, returned messages and the blocked state of one connection.
#[derive(Debug, Default)]
pub struct Findings {
    broker: OnceLock<Broker>,
    returned: Mutex<Vec<String>>,
    on_return: Arc<Notify>,
    /// Whether `blocked` is `Some`. Read before every call, without a lock.
    is_blocked: AtomicBool,
    blocked: watch::Sender<Option<Arc<str>>>,
    has_confirmed: AtomicBool,
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
    pub(crate) fn record_close(&self, error: &BrokerError) {
        if error.is_low_on_disk() {
            self.low_on_disk.get_or_init(|| error.clone());
        }
    }

    /// The error with which the broker closed a channel because it is low on disk, if it did.
    pub fn low_on_disk(&self) -> Option<&BrokerError> {
        self.low_on_disk.get()
    }

    pub(crate) fn record_confirm(&self) {
        self.has_confirmed.store(true, Ordering::Relaxed);
    }

    /// Returns whether a publisher confirm came over the connection.
    pub fn has_confirmed(&self) -> bool {
        self.has_confirmed.load(Ordering::Relaxed)
    }

    pub(crate) fn record_return(&self, correlation_id: String) {
        self.lock_returned().push(correlation_id);
        self.on_return.notify_one();
    }

    /// Takes the correlation ids of all messages that the broker has returned since the last call. The id of
    /// a message that has none is empty.
    pub fn take_returned(&self) -> Vec<String> {
        mem::take(&mut *self.lock_returned())
    }

    fn lock_returned(&self) -> MutexGuard<'_, Vec<String>> {
        self.returned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
