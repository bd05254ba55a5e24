//! A server that serves: watching it, and stopping it.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};

use super::{
    epoch::Epoch,
    plan::Plan,
    shutdown::ShutdownReport,
    stats::{Counters, ServerStats},
    supervisor::{State, Supervisor},
};
use crate::{
    amqp::{ConnectOptions, ConnectionState, Inbound, NotReady, StateWatch},
    error::{BrokerError, ServeError},
};

/// A server that serves, and goes on to do so when its connection is lost.
///
/// When the connection or its channel is lost, the calls that run are cancelled, for nothing of them could be acknowledged any
/// more: the broker gives their requests to other servers, or to this one once it is connected again. It connects again and again,
/// after random delays that grow from 100 ms to 30 s, without end unless `ConnectOptions::give_up_after` sets one; then it declares
/// what it declared at its start, and consumes. What it cannot do then, because a permission was taken from it or a queue has other
/// arguments now, it tries again as well, and [`state`](Self::state) says why.
///
/// When the broker ends a single consumer, because its queue was deleted or has moved to another node, that queue is declared and
/// consumed again, and neither the calls that run nor the other queues notice. While that is refused, it is tried again and logged,
/// and the state stays what it is.
///
/// Dropping it closes the connection without drain: calls that run are cancelled, and their requests go to other servers.
#[must_use = "dropping a running server stops it without drain"]
pub struct RunningServer {
    queues: Vec<String>,
    counters: Arc<Counters>,
    state: StateWatch,
    failure: watch::Receiver<Option<ServeError>>,
    stop: oneshot::Sender<()>,
    // The one task that has all the others. Aborted when the server is dropped.
    supervisor: JoinSet<Result<ShutdownReport, ServeError>>,
}

impl RunningServer {
    pub(super) fn supervise(
        plan: Arc<Plan>,
        options: ConnectOptions,
        inbound: Inbound,
        first: Epoch,
    ) -> Self {
        let state = watch::Sender::new(ConnectionState::Ready { epoch: 1 });
        let failure = watch::Sender::new(None);
        let (stop, told) = oneshot::channel();
        let (watch_state, watch_failure) = (StateWatch::of(&state), failure.subscribe());
        let queues = plan.queues.iter().filter(|queue| queue.overflow_of.is_none());
        let queues = queues.map(|queue| queue.name.clone()).collect();
        let counters = Arc::clone(&plan.counters);
        let supervisor = Supervisor { plan, options, inbound, state: State(state), failure, stop: told };
        let mut supervising = JoinSet::new();
        supervising.spawn(supervisor.run(first));
        Self { queues, counters, state: watch_state, failure: watch_failure, stop, supervisor: supervising }
    }

    /// The queues that are consumed, namespace included, in alphabetical order.
    #[must_use]
    pub fn queues(&self) -> &[String] {
        &self.queues
    }

    /// How the connection stands. `Ready` says that it serves; a single queue that cannot be consumed does not change it.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.state.current()
    }

    /// Follows [`state`](Self::state), for as long as there is something to follow: it does not keep the server alive.
    #[must_use]
    pub fn state_changes(&self) -> StateWatch {
        self.state.clone()
    }

    /// Waits until the server serves, for at most `patience`. It does so when `start` returns.
    ///
    /// # Errors
    /// The state at the end of that time, or at once the one it has closed with.
    pub async fn wait_ready(&self, patience: Duration) -> Result<(), NotReady> {
        self.state_changes().wait_ready(patience).await
    }

    /// What was counted since the start, over all connections.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.counters.read()
    }

    /// How many messages came so far that no honest client sends: see [`ServerStats::hostile_requests`].
    #[must_use]
    pub fn hostile_requests(&self) -> u64 {
        self.stats().hostile_requests
    }

    /// Resolves when the server has ended for good: no connection came about for as long as `ConnectOptions::give_up_after` allows.
    /// Never before, and without that option never.
    pub async fn failed(&self) -> ServeError {
        let mut failure = self.failure.clone();
        let failed = failure.wait_for(Option::is_some).await.ok().and_then(|failed| failed.clone());
        failed.unwrap_or_else(ended)
    }

    /// Stops taking requests, answers those it has, and closes the connection.
    ///
    /// Requests that were already delivered are run as well. Calls that have not finished after the drain timeout (30 s unless
    /// set by `Server::drain_timeout`) are cancelled and given back to the queue; the report names them. `blocking` methods, and
    /// methods that block their thread, cannot be cancelled: they are reported, and go on unheard. Returns at most about ten
    /// seconds after the drain timeout; at once while there is no connection, for then there is nothing to drain.
    ///
    /// # Errors
    /// When the connection is lost before everything was settled: the broker delivers again what was not. When the server had
    /// [failed](Self::failed) before.
    pub async fn shutdown(self) -> Result<ShutdownReport, ServeError> {
        let Self { stop, mut supervisor, .. } = self;
        // One that has ended says so itself.
        let _ = stop.send(());
        match supervisor.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => Err(ended()),
        }
    }

    /// Serves until `signal` resolves, then shuts down.
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
    /// When the server [fails](Self::failed) first, or the connection is lost during the shutdown.
    pub async fn run_until<S: Future>(self, signal: S) -> Result<ShutdownReport, ServeError> {
        tokio::select! {
            _ = signal => self.shutdown().await,
            failure = self.failed() => Err(failure),
        }
    }
}

/// What is said where the supervisor cannot: its runtime has stopped.
fn ended() -> ServeError {
    ServeError::Disconnected(BrokerError::new(None, "the server has ended with its runtime"))
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer")
            .field("queues", &self.queues())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
