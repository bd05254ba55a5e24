//! Ends a connection from outside. Without it lapin's thread would wait for a silent peer without limit.

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

/// Aborts the byte stream of one connection.
///
/// After [`abort`](Self::abort) every read and write of the stream fails, and lapin's thread wakes up and
/// ends.
#[derive(Debug, Default)]
pub(crate) struct Cutoff {
    aborted: AtomicBool,
    reader: AtomicWaker,
    ended: watch::Sender<bool>,
}

impl Cutoff {
    /// Makes the stream fail, and wakes its reader.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    /// Registers `reader` to be woken by [`abort`](Self::abort). The caller checks
    /// [`is_aborted`](Self::is_aborted) afterwards.
    pub(crate) fn register(&self, reader: &Waker) {
        self.reader.register(reader);
    }

    /// Records that the stream was dropped, and lapin's thread with it.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Resolves once the stream was dropped.
    pub(crate) async fn ended(&self) {
        // The sender lives as long as `self`.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

/// Aborts the stream of an attempt to connect that is dropped before [`disarm`](Self::disarm).
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
/// lapin closes the connection with its last user. The broker has `close_timeout` to answer, then the stream
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
        // Detached but bounded: it ends with the stream, or aborts it.
        self.runtime.spawn(async move {
            if tokio::time::timeout(close_timeout, abort.0.ended()).await.is_err() {
                tracing::debug!("the broker did not answer the close in time");
            }
        });
    }
}

/// Aborts the stream when the task that waits for its end is over, also when the runtime has stopped and the
/// task never runs. A stream that has ended is not changed by it.
struct AbortWithTask(Arc<Cutoff>);

impl Drop for AbortWithTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
