//! A client for programs without an async runtime: the same generated clients and calls, but threads block on
//! them.

mod wait;

use std::{fmt, sync::Arc, time::Duration};

use amqp_rpc_transport::{CannotBlock, ConnectError, ConnectOptions, ConnectionState, NotReady};

use crate::{
    client::{
        builder::ClientBuilder,
        handle,
        session::{
            background::{self, Background},
            stats::ClientStats,
        },
    },
    error::CallError,
};

pub use wait::Wait;
pub(crate) use wait::{MadeByClient, Waiter};

/// A connection to the broker for threads that block. Clones share it, and may be used from any number of
/// threads at once.
///
/// Generated clients are made of its [`handle`](Self::handle), and their calls are those of async programs,
/// with all of their options; [`wait`](Wait::wait) takes the place of `.await`.
///
/// ```no_run
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::client::blocking::{Client, Wait};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::connect("amqp://localhost")?;
/// // A generated client is used in the same way: FibClient::new(client.handle()).compute(30).wait()?
/// let value = client.handle().call_json("fib.compute", json!({"n": 30})).wait()?;
/// println!("fib(30) = {value}");
/// client.close()?;
/// # Ok(()) }
/// ```
///
/// A background thread named `amqp-rpc` brings replies and timeouts. It ends after the last clone, handle,
/// generated client and call was dropped. [`close`](Self::close) fails at once the calls that other threads
/// wait for. Dropping this client does not: each call has a handle.
///
/// **Not inside an async runtime.** A wait would stop the other tasks of its thread there: every method here
/// that waits fails with [`CannotBlock::InAsyncRuntime`] instead, also on the threads of `spawn_blocking` and
/// in `#[rpc(blocking)]` methods, which belong to the runtime. Use the async [`Client`](crate::Client) there,
/// and `Handle::current().block_on(call)` where blocking is allowed.
#[derive(Clone)]
pub struct Client {
    inner: handle::Client,
    background: Arc<Background>,
}

impl Client {
    /// Connects with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    /// See [`ConnectError`]; each variant says what to do.
    pub fn connect(options: impl Into<ConnectOptions>) -> Result<Self, ConnectError> {
        Self::connect_with(handle::Client::builder(), options)
    }

    /// Connects with the options of `builder`.
    ///
    /// # Errors
    /// See [`ConnectError`]; each variant says what to do.
    pub fn connect_with(
        builder: ClientBuilder,
        options: impl Into<ConnectOptions>,
    ) -> Result<Self, ConnectError> {
        background::may_block().map_err(ConnectError::CannotBlock)?;
        let background = Arc::new(Background::start().map_err(ConnectError::NoThread)?);
        let connecting = builder.connect_on(options.into(), Some(Arc::clone(&background)));
        let inner = background.wait(connecting).map_err(ConnectError::CannotBlock)??;
        Ok(Self { inner, background })
    }

    /// The async client that generated clients are made of: `FibClient::new(client.handle())`. It shares the
    /// connection.
    #[must_use]
    pub fn handle(&self) -> handle::Client {
        self.inner.clone()
    }

    /// Runs `future` on this thread until it ends: for several calls at once, or any future made of calls.
    ///
    /// # Errors
    /// Those of the future; [`CallError::CannotBlock`] inside an async runtime, where nothing of it is run.
    pub fn wait<T, E>(
        &self,
        future: impl Future<Output = Result<T, CallError<E>>>,
    ) -> Result<T, CallError<E>> {
        self.background.wait(future).map_err(CallError::CannotBlock)?
    }

    /// The state of the connection.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.inner.state()
    }

    /// Waits until calls can be sent, for at most `timeout`.
    ///
    /// # Errors
    /// The state at the end of that time, or at once the one that the client was closed with; inside an async
    /// runtime, at once the current state.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        let waited = self.background.wait(self.inner.wait_ready(timeout));
        waited.unwrap_or_else(|_| Err(NotReady::new(self.state())))
    }

    /// Counts of calls in flight, discarded replies and repeated requests.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        self.inner.stats()
    }

    /// Closes the connection, for all clones and handles. Calls that other threads wait for fail at once, as
    /// those of an async [`Client`](crate::Client) do. Returns after at most five seconds.
    ///
    /// # Errors
    /// [`CannotBlock`] inside an async runtime; nothing is closed then.
    pub fn close(&self) -> Result<(), CannotBlock> {
        self.background.wait(self.inner.close())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("blocking::Client")
            .field("connected", &self.inner.is_connected())
            .finish_non_exhaustive()
    }
}
