//! Ends a connection from outside. Without it driver and lapin would wait for a silent peer without limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::{runtime::Handle, sync::watch};

/// Aborts one connection.
///
/// After [`abort`](Self::abort) the driver ends, and lapin's thread with it.
#[derive(Debug, Default)]
pub(crate) struct Cutoff {
    aborted: AtomicBool,
    reader: AtomicWaker,
    ended: watch::Sender<bool>,
}

impl Cutoff {
    /// Ends the driver, at its next poll, which comes at once.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    /// Registers the driver to be woken by [`abort`](Self::abort). The caller checks
    /// [`is_aborted`](Self::is_aborted) afterwards.
    pub(crate) fn register(&self, reader: &Waker) {
        self.reader.register(reader);
    }

    /// Records that the driver has ended.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Resolves once the driver has ended.
    pub(crate) async fn ended(&self) {
        // The sender lives as long as `self`.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

/// Aborts an attempt to connect that is dropped before [`disarm`](Self::disarm).
pub(crate) struct AbortOnDrop<'a>(pub(crate) Option<&'a Cutoff>);

impl AbortOnDrop<'_> {
    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for AbortOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(cutoff) = self.0 {
            cutoff.abort();
        }
    }
}

/// Bounds the close of a connection; shared by all that use it.
///
/// lapin closes the connection with its last user. The broker has `close_timeout` to answer, then the driver
/// is aborted.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    pub(crate) cutoff: Arc<Cutoff>,
    pub(crate) runtime: Handle,
    pub(crate) close_timeout: Duration,
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let abort = AbortWithTask(Arc::clone(&self.cutoff));
        let close_timeout = self.close_timeout;
        // Detached but bounded: it ends with the driver, or aborts it.
        self.runtime.spawn(async move {
            if tokio::time::timeout(close_timeout, abort.0.ended()).await.is_err() {
                tracing::debug!("the broker did not answer the close in time");
            }
        });
    }
}

/// Aborts the connection when the task that waits for its end is over, also when the runtime has stopped and the
/// task never runs. One that has ended is not changed by it.
struct AbortWithTask(Arc<Cutoff>);

impl Drop for AbortWithTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
