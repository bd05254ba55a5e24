//! The instructions of the session to the worker of a queue: its mode, its plan, and the services whose calls
//! are cancelled.

use std::sync::Arc;

use tokio::sync::watch;

use super::services::{QueuePlan, ServiceId};

/// The mode of a worker. It never goes back to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Serve,
    /// Takes nothing new from the queue, and runs what was delivered.
    Drain,
    /// Cancels the calls that run, starts no other, and requeues their requests.
    Abort,
}

/// The current instructions for a worker.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) mode: Mode,
    pub(crate) queue: Arc<QueuePlan>,
    /// Removed services whose calls did not finish in time, and are to be cancelled.
    pub(crate) cancelled: Vec<ServiceId>,
}

impl Control {
    /// The instructions of a worker that serves the queue, and what it receives them by.
    pub(crate) fn channel(queue: &Arc<QueuePlan>) -> (watch::Sender<Self>, watch::Receiver<Self>) {
        watch::channel(Self { mode: Mode::Serve, queue: Arc::clone(queue), cancelled: Vec::new() })
    }
}

/// Waits until there are new instructions.
pub(crate) async fn changed(control_rx: &mut watch::Receiver<Control>) {
    if control_rx.changed().await.is_err() {
        // The server was dropped: its tasks, this one included, are being cancelled.
        std::future::pending::<()>().await;
    }
}

/// Waits until the worker is to drain or to abort.
pub(crate) async fn until_draining(control_rx: &mut watch::Receiver<Control>) {
    if control_rx.wait_for(|control| control.mode > Mode::Serve).await.is_err() {
        // The server was dropped: its tasks, this one included, are being cancelled.
        std::future::pending::<()>().await;
    }
}
