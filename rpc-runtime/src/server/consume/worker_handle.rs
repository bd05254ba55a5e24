//! Where the worker of a queue is told things.

use tokio::{sync::watch, task::AbortHandle};

use super::worker::{Order, Told};

/// Clones are of the same worker.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) told: watch::Sender<Told>,
    pub(crate) worker: AbortHandle,
}

impl Post {
    /// An order is never taken back.
    pub(crate) fn order(&self, order: Order) {
        self.told.send_modify(|told| told.order = told.order.max(order));
    }
}
