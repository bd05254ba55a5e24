//! The client as users hold it.

use std::{fmt, sync::Arc, time::Duration};

use amqp_rpc_transport::{ConnectionState, NotReady, StateWatch};

use super::{
    service::BoxClientService,
    session::{shared::Session, stats::ClientStats},
};

/// A connection to the broker that calls are made through. Clones share it.
///
/// Give it to the generated `…Client` of a service; one `Client` serves any number of them, from any number
/// of tasks. Dropping the last clone, together with the last typed client and [`Call`](crate::Call), closes
/// the connection; [`close`](Self::close) does it at once.
///
/// When the connection is lost, the client reconnects, with random pauses of up to
/// [`ConnectOptions::max_delay`](crate::ConnectOptions::max_delay) (4 s) between attempts. Calls that were sent fail at once with `Disconnected`, since they may have run; those of
/// methods declared `idempotent` are sent again instead, within their timeout. New calls wait for the
/// connection, within theirs. [`state`](Self::state) is the state of the connection.
#[derive(Clone)]
pub struct Client {
    pub(super) session: Arc<Session>,
    /// The layers around the session; `None` without any, and everything is sent directly.
    pub(super) layers: Option<BoxClientService>,
    /// Takes the place of the session's timeout for what is made of this clone.
    pub(super) timeout: Option<Duration>,
}

impl Client {
    /// A clone of this client with another default timeout. It shares the connection; the original keeps its
    /// timeout.
    ///
    /// Like the timeout of the [`ClientBuilder`](crate::client::ClientBuilder) it has the lowest precedence:
    /// the timeout of the call wins, then the typed client's (`with_options`), then the method attribute's.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn run(client: amqp_rpc_runtime::Client) {
    /// let patient = client.with_timeout(Duration::from_secs(300));
    /// # let _ = patient;
    /// # }
    /// ```
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self.clone() }
    }

    /// True while calls can be sent at once. Otherwise calls wait within their timeout, or fail with
    /// `Blocked` or `Closed`.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state().is_ready()
    }

    /// The state of the connection.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.session.status().current()
    }

    /// Follows [`state`](Self::state), for health checks and custom logs.
    ///
    /// ```no_run
    /// # async fn run(client: amqp_rpc_runtime::Client) {
    /// let mut states = client.state_changes();
    /// while let Some(state) = states.changed().await {
    ///     println!("the broker's connection is {state}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn state_changes(&self) -> StateWatch {
        self.session.status()
    }

    /// Waits until calls can be sent, for at most `timeout`. Dropping the future changes nothing.
    ///
    /// # Errors
    /// The state at the end of that time, or at once the one that the client was closed with.
    pub async fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        self.state_changes().wait_ready(timeout).await
    }

    /// Counts of calls in flight, discarded replies and repeated requests.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        self.session.stats()
    }

    /// Closes the connection, for all clones.
    ///
    /// Calls that were sent fail with `Disconnected` and may still run: await those that matter first. Calls
    /// that were not sent, and later ones, fail with `Closed`. Returns after at most five seconds. The client
    /// is closed from the first poll on; when the future is dropped after that, the connection ends in the
    /// background, within five seconds.
    pub async fn close(&self) {
        self.session.close().await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connected", &self.is_connected())
            .field("stats", &self.stats())
            .finish()
    }
}
