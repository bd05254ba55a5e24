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
pub(crate) struct Lifeline {
    cut: AtomicBool,
    reader: AtomicWaker,
    ended: watch::Sender<bool>,
}

impl Lifeline {
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    /// Wakes `reader` when this is cut. To be followed by a look at [`is_cut`](Self::is_cut).
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

/// Cuts the lifeline of an attempt that is abandoned.
pub(crate) struct CutOnDrop<'a>(pub(crate) Option<&'a Lifeline>);

impl CutOnDrop<'_> {
    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CutOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(lifeline) = self.0 {
            lifeline.cut();
        }
    }
}

/// Shared by all that use a connection. With the last of them lapin says goodbye to the broker, which has `patience` to answer.
#[derive(Debug)]
pub(crate) struct Anchor {
    pub(crate) lifeline: Arc<Lifeline>,
    pub(crate) runtime: Handle,
    pub(crate) patience: Duration,
}

impl Drop for Anchor {
    fn drop(&mut self) {
        let (lifeline, patience) = (Arc::clone(&self.lifeline), self.patience);
        // Owned by nobody, and bounded: it ends with the transport, or ends it.
        self.runtime.spawn(async move {
            if tokio::time::timeout(patience, lifeline.ended()).await.is_err() {
                tracing::debug!("the broker did not answer the close in time");
                lifeline.cut();
            }
        });
    }
}
