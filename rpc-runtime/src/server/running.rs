//! A server that serves: watching it, and stopping it.

use std::{fmt, future::Future, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use super::{
    roster::Roster,
    settle::{Settlement, Settlements},
    shutdown::ShutdownReport,
    worker::Order,
};
use crate::{
    amqp::Connection,
    error::{BrokerError, ServeError},
};

/// How long cancelled calls may take to let go. One that blocks its thread does not.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the last replies and acknowledgements may take to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// A server whose consumers are live.
///
/// Dropping it closes the connection without drain: calls that run are cancelled, and their requests go to other servers.
#[must_use = "dropping a running server stops it without drain"]
pub struct RunningServer {
    pub(super) connection: Connection,
    pub(super) workers: JoinSet<()>,
    pub(super) settler: JoinSet<()>,
    pub(super) settlements: Settlements,
    pub(super) orders: watch::Sender<Order>,
    pub(super) failure: watch::Receiver<Option<ServeError>>,
    pub(super) roster: Roster,
    pub(super) drain_timeout: Duration,
    pub(super) queues: Vec<String>,
}

impl RunningServer {
    /// The queues that are consumed, namespace included, in alphabetical order.
    #[must_use]
    pub fn queues(&self) -> &[String] {
        &self.queues
    }

    /// How many messages came so far that no honest client sends: their properties were not UTF-8, nested too deep or malformed.
    /// None reached a method; each was answered `bad_request`, or put with the dead letters where it left no readable address.
    #[must_use]
    pub fn hostile_requests(&self) -> u64 {
        self.connection.findings().hostile()
    }

    /// Resolves when serving has failed: the connection was lost, or a queue was deleted. Never before.
    pub async fn failed(&self) -> ServeError {
        let mut failure = self.failure.clone();
        let failed = failure.wait_for(Option::is_some).await.ok().and_then(|failed| failed.clone());
        // The senders live in tasks that end only by reporting, or with this server.
        failed.unwrap_or_else(|| ServeError::Disconnected(BrokerError::new(None, "the server has ended")))
    }

    /// Stops taking requests, answers those it has, and closes the connection.
    ///
    /// Requests that were already delivered are run as well. Calls that have not finished after the drain timeout (30 s unless
    /// set by `Server::drain_timeout`) are cancelled and given back to the queue; the report names them. `blocking` methods, and
    /// methods that block their thread, cannot be cancelled: they are reported, and go on unheard. Returns at most about ten
    /// seconds after the drain timeout.
    ///
    /// # Errors
    /// When the connection or a queue was lost before everything was settled: the broker delivers again what was not.
    pub async fn shutdown(mut self) -> Result<ShutdownReport, ServeError> {
        self.orders.send_replace(Order::Drain);
        let mut abandoned = Vec::new();
        if tokio::time::timeout(self.drain_timeout, all_of(&mut self.workers)).await.is_err() {
            abandoned = self.roster.list();
            self.orders.send_replace(Order::Abandon);
            if tokio::time::timeout(CANCEL_TIMEOUT, all_of(&mut self.workers)).await.is_err() {
                self.workers.shutdown().await;
            }
        }
        // Those that block their thread still hold their end of the channel: the settler must not wait for them.
        let _ = self.settlements.send(Settlement::Stop);
        let settled = tokio::time::timeout(SETTLE_TIMEOUT, all_of(&mut self.settler)).await.is_ok();
        self.connection.close().await;
        if let Some(failure) = self.failure.borrow().clone() {
            return Err(failure);
        }
        if !settled {
            let reason = "the broker did not take the last replies in time";
            return Err(ServeError::Disconnected(BrokerError::new(None, reason)));
        }
        Ok(ShutdownReport { abandoned })
    }

    /// Serves until `signal` resolves, then shuts down. When a queue is deleted first, the calls that run still finish.
    ///
    /// ```no_run
    /// # async fn run(server: amqp_rpc_runtime::RunningServer) -> Result<(), Box<dyn std::error::Error>> {
    /// // Under systemd or Kubernetes wait for SIGTERM as well: see examples/fib_server.rs.
    /// let report = server.run_until(tokio::signal::ctrl_c()).await?;
    /// if !report.is_clean() {
    ///     eprintln!("abandoned: {:?}", report.abandoned);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When serving fails first, or the connection is lost during the shutdown.
    pub async fn run_until<S: Future>(self, signal: S) -> Result<ShutdownReport, ServeError> {
        tokio::select! {
            _ = signal => {}
            failure = self.failed() => match failure {
                // The connection stands: what runs can still be answered. The shutdown returns the failure.
                ServeError::Cancelled { .. } => {}
                lost => return Err(lost),
            }
        }
        self.shutdown().await
    }
}

async fn all_of(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer")
            .field("queues", &self.queues)
            .field("failure", &*self.failure.borrow())
            .finish_non_exhaustive()
    }
}
