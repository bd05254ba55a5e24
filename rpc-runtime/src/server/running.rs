//! A server that serves: watching it, and stopping it.

use std::{fmt, future::Future, sync::PoisonError, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use super::{delivery::Abandoned, settle::Settlements, shutdown::ShutdownReport};
use crate::{
    amqp::Connection,
    error::{BrokerError, ServeError},
};

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
    pub(super) stop: watch::Sender<bool>,
    pub(super) failure: watch::Receiver<Option<ServeError>>,
    pub(super) abandoned: Abandoned,
    pub(super) drain_timeout: Duration,
    pub(super) queues: Vec<String>,
}

impl RunningServer {
    /// The queues that are consumed, namespace included, in alphabetical order.
    #[must_use]
    pub fn queues(&self) -> &[String] {
        &self.queues
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
    /// Requests that were already delivered are run as well. Calls that still run after the drain timeout (30 s unless set by
    /// `Server::drain_timeout`) are cancelled and given back to the queue; the report names them. `blocking` methods cannot be
    /// cancelled: they are reported, and go on unheard.
    ///
    /// # Errors
    /// When the connection was lost before everything was settled: the broker delivers that again.
    pub async fn shutdown(mut self) -> Result<ShutdownReport, ServeError> {
        self.stop.send_replace(true);
        let drained = tokio::time::timeout(self.drain_timeout, async {
            while self.workers.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            // Cancels the calls with their workers; each gives its delivery back as it is dropped.
            self.workers.shutdown().await;
        }
        drop(self.settlements);
        let settled =
            tokio::time::timeout(SETTLE_TIMEOUT, async { while self.settler.join_next().await.is_some() {} });
        let settled = settled.await.is_ok();
        self.connection.close().await;
        if let Some(failure) = self.failure.borrow().clone() {
            return Err(failure);
        }
        if !settled {
            let reason = "the broker did not take the last replies in time";
            return Err(ServeError::Disconnected(BrokerError::new(None, reason)));
        }
        let abandoned = std::mem::take(&mut *self.abandoned.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(ShutdownReport { abandoned })
    }

    /// Serves until `signal` resolves, then shuts down.
    ///
    /// ```no_run
    /// # async fn run(server: amqp_rpc_runtime::RunningServer) -> Result<(), Box<dyn std::error::Error>> {
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
            failure = self.failed() => return Err(failure),
        }
        self.shutdown().await
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer")
            .field("queues", &self.queues)
            .field("failure", &*self.failure.borrow())
            .finish_non_exhaustive()
    }
}
