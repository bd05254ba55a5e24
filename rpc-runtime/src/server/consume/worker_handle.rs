//! Controls the worker of one queue.

use std::sync::Arc;

use tokio::{sync::watch, task::AbortHandle};

use crate::server::{
    control::{Control, Mode},
    services::{QueuePlan, ServiceId},
};

/// Controls a worker. Clones control the same one.
#[derive(Clone)]
pub(crate) struct WorkerHandle {
    pub(crate) control: watch::Sender<Control>,
    pub(crate) task: AbortHandle,
}

impl WorkerHandle {
    /// Enters this mode, unless the worker is in a later one.
    pub(crate) fn enter(&self, mode: Mode) {
        self.control.send_modify(|control| control.mode = control.mode.max(mode));
    }

    /// Cancels the calls of these services.
    pub(crate) fn cancel_calls_of(&self, services: &[ServiceId]) {
        self.control.send_modify(|control| control.cancelled.extend(services));
    }

    /// Serves the queue by another plan from its next delivery on. Returns the plan of before.
    pub(crate) fn replace_plan(&self, plan: Arc<QueuePlan>) -> Arc<QueuePlan> {
        let mut before = plan;
        self.control.send_modify(|control| std::mem::swap(&mut control.queue, &mut before));
        before
    }

    /// The queue's name on this connection.
    pub(crate) fn queue_name(&self) -> String {
        self.control.borrow().queue.name().to_owned()
    }

    pub(crate) fn is_of_partition(&self) -> bool {
        self.control.borrow().queue.partition.is_some()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.control.receiver_count() == 0
    }

    /// Waits until the worker, and every call that listens to it, has ended.
    pub(crate) async fn ended(&self) {
        self.control.closed().await;
    }
}
