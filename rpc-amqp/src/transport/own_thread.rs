//! Runs what blocks on a thread of its own, not in the runtime's pool for blocking work: programs fill that
//! pool, and could then not connect again.

use std::{io, thread};

use tokio::sync::oneshot;

/// Runs `work` on a new thread, which ends with it. Dropped before, the future leaves the thread to its end.
///
/// # Errors
/// When the operating system starts no thread, or `work` has panicked.
pub(crate) async fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, done) = oneshot::channel();
    let run = move || drop(sender.send(work()));
    thread::Builder::new().name("rpc-connect".into()).spawn(run)?;
    done.await.map_err(|_| io::Error::other("a thread that prepares connections has panicked"))
}
