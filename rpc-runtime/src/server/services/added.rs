//! What a change has added: taken back, unless its caller learns of it.

use tokio::sync::mpsc;

use super::registration::ServiceId;

/// The outcome of a change that has added a service or a subscription, on its way to the caller.
///
/// Dropped before it is [accepted](Self::accept), because the caller dropped the future that waits for it, it
/// has the addition taken back: nobody would know of it, or hold the handle that ends it.
#[derive(Debug)]
pub(crate) struct Added<T> {
    value: Option<T>,
    id: ServiceId,
    unaccepted: mpsc::UnboundedSender<ServiceId>,
}

impl<T> Added<T> {
    /// The caller knows of the addition.
    pub(crate) fn accept(mut self) -> T {
        self.value.take().expect("only this takes it")
    }
}

impl<T> Drop for Added<T> {
    fn drop(&mut self) {
        if self.value.is_some() {
            // Without a receiver the server has ended.
            let _ = self.unaccepted.send(self.id);
        }
    }
}

/// The additions that are to be taken back. Bounded by the changes that are made: one comes of each.
#[derive(Debug)]
pub(crate) struct Unaccepted {
    sender: mpsc::UnboundedSender<ServiceId>,
    receiver: mpsc::UnboundedReceiver<ServiceId>,
}

impl Default for Unaccepted {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { sender, receiver }
    }
}

impl Unaccepted {
    /// The addition of `id`, with what its caller is to learn.
    pub(crate) fn added<T>(&self, id: ServiceId, value: T) -> Added<T> {
        Added { value: Some(value), id, unaccepted: self.sender.clone() }
    }

    /// Waits for an addition that is to be taken back.
    pub(crate) async fn next(&mut self) -> ServiceId {
        match self.receiver.recv().await {
            Some(id) => id,
            // Never: `self` has a sender.
            None => std::future::pending().await,
        }
    }

    /// An addition that is to be taken back by now: a caller who drops one and asks for another change must find
    /// it taken back.
    pub(crate) fn take_next(&mut self) -> Option<ServiceId> {
        self.receiver.try_recv().ok()
    }
}
