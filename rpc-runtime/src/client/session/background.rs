//! The runtime of a blocking client: one thread, as long as anything needs it.

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

/// Held by everybody who may wait: with the last of them the thread ends, once the connection is closed.
#[derive(Debug)]
pub(crate) struct Background {
    runtime: Handle,
    // The thread is never joined: the last holder may be a task on it.
    end: Mutex<End>,
}

/// How the thread is told to end.
struct End {
    tell: Option<oneshot::Sender<Connection>>,
    last: Option<Connection>,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the operating system said.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (tell, ended) = oneshot::channel::<Connection>();
        let drive = move || {
            runtime.block_on(async {
                // None, where it never connected or lost its connection.
                if let Ok(connection) = ended.await {
                    connection.close().await;
                }
            });
            // Not dropped, which would wait for a look-up of names that hangs.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("amqp-rpc".into()).spawn(drive)?;
        Ok(Self { runtime: handle, end: Mutex::new(End { tell: Some(tell), last: None }) })
    }

    /// The client is gone: its connection is to be closed before the thread ends.
    pub(crate) fn close_at_end(&self, connection: Connection) {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).last = Some(connection);
    }

    /// Runs `future` on the thread that calls this; what it waits for is brought by the one in the background.
    ///
    /// # Errors
    /// Where that thread belongs to a runtime; nothing is run then.
    pub(crate) fn wait<F: Future>(&self, future: F) -> Result<F::Output, CannotBlock> {
        may_block()?;
        Ok(self.runtime.block_on(future))
    }
}

/// # Errors
/// Where others would be held up.
pub(crate) fn may_block() -> Result<(), CannotBlock> {
    match Handle::try_current() {
        Ok(_) => Err(CannotBlock::InAsyncRuntime),
        Err(_) => Ok(()),
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let End { tell, last } = self.end.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let (Some(tell), Some(connection)) = (tell.take(), last.take()) {
            let _ = tell.send(connection);
        }
    }
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("End")
    }
}
