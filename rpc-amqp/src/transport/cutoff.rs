//! Ending a connection from outside: lapin's thread would wait for a silent peer for as long as it is silent.

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

/// What a connection's transport hangs on. Cut, it fails every read and write; lapin's thread wakes up and ends.
#[derive(Debug, Default)]
pub(crate) struct Cutoff {
    aborted: AtomicBool,
    reader: AtomicWaker,
    ended: watch::Sender<bool>,
}

impl Cutoff {
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    /// Wakes `reader` when this is cut. To be followed by a look at [`is_aborted`](Self::is_aborted).
    pub(crate) fn register(&self, reader: &Waker) {
        self.reader.register(reader);
    }

    /// The transport is gone, and lapin's thread with it.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Resolves once the transport is gone.
    pub(crate) async fn ended(&self) {
        // The sender lives as long as `self`.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

/// Cuts the cutoff of an attempt that is abandoned.
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

/// Shared by all that use a connection. With the last of them lapin says goodbye to the broker, which has `patience` to answer.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    pub(crate) cutoff: Arc<Cutoff>,
    pub(crate) runtime: Handle,
    pub(crate) patience: Duration,
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let (cutoff, patience) = (Arc::clone(&self.cutoff), self.patience);
        // Owned by nobody, and bounded: it ends with the transport, or ends it.
        self.runtime.spawn(async move {
            if tokio::time::timeout(patience, cutoff.ended()).await.is_err() {
                tracing::debug!("the broker did not answer the close in time");
                cutoff.abort();
            }
        });
    }
}
