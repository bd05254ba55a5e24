//! The runtime of a blocking client: one thread, for as long as anything needs it.

use std::{
    fmt,
    future::Future,
    io,
    sync::{Mutex, PoisonError},
    thread,
};

use amqp_rpc_transport::{CannotBlock, Connection};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// Keeps the thread of a blocking client alive. When its last owner drops it, the connection is closed and
/// the thread ends.
#[derive(Debug)]
pub(crate) struct Background {
    runtime: Handle,
    // The thread is never joined: the last owner may be a task on it.
    end: Mutex<End>,
}

/// Ends the thread.
struct End {
    signal: Option<oneshot::Sender<Connection>>,
    last: Option<Connection>,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (signal, ended) = oneshot::channel::<Connection>();
        let drive = move || {
            runtime.block_on(async {
                // An error when there is no connection to close: it never connected, or the connection was
                // lost.
                if let Ok(connection) = ended.await {
                    connection.close().await;
                }
            });
            // Not dropped: that would wait for a DNS look-up that hangs.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("amqp-rpc".into()).spawn(drive)?;
        Ok(Self { runtime: handle, end: Mutex::new(End { signal: Some(signal), last: None }) })
    }

    /// Has the connection closed before the thread ends.
    pub(crate) fn close_at_end(&self, connection: Connection) {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).last = Some(connection);
    }

    /// Runs `future` on the calling thread; the background thread drives timers and sockets.
    ///
    /// # Errors
    /// When the calling thread belongs to a runtime; nothing is run then.
    pub(crate) fn wait<F: Future>(&self, future: F) -> Result<F::Output, CannotBlock> {
        may_block()?;
        Ok(self.runtime.block_on(future))
    }
}

/// Checks that the calling thread may block.
///
/// # Errors
/// When it belongs to a runtime: other tasks would wait with it.
pub(crate) fn may_block() -> Result<(), CannotBlock> {
    match Handle::try_current() {
        Ok(_) => Err(CannotBlock::InAsyncRuntime),
        Err(_) => Ok(()),
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let End { signal, last } = self.end.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let (Some(signal), Some(connection)) = (signal.take(), last.take()) {
            let _ = signal.send(connection);
        }
    }
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("End")
    }
}
