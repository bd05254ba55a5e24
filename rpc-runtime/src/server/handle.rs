//! The handle to a running server: watches it, and stops it.

mod changes;

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::{BrokerError, ConnectOptions, ConnectionState, Inbound, NotReady, StateWatch};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    error::ServeError,
    idempotency::Deduplication,
    server::{
        reply::InFlightCalls,
        services::{ChangeRequest, ServiceSet, ServiceSummary, Unaccepted},
        session::{Link, PublishedState, Supervisor},
        settings::Settings,
        shutdown_report::ShutdownReport,
        stats::{Counters, ServerStats},
    },
};

/// A handle to a running server, which reconnects when its connection is lost.
///
/// When the connection or its channel is lost, the calls that run are cancelled, because their requests can
/// no longer be acknowledged: the broker delivers them to other servers, or to this one once it is connected
/// again. Only those of `#[rpc(deduplicate)]` methods run on. It reconnects after random delays, up to `ConnectOptions::max_delay` (4 s), without end unless
/// `ConnectOptions::give_up_after` sets one. Then it declares what it declared at its start, and consumes. If
/// that is refused, because a permission was revoked or a queue has other arguments now, it tries again as
/// well, and [`state`](Self::state) has the reason.
///
/// When the broker ends a single consumer, because its queue was deleted or has moved to another node, that
/// queue is declared and consumed again, without disturbing running calls or other queues. While that is
/// refused, it is logged and tried again, and the state stays the same.
///
/// Dropping it closes the connection without drain: running calls are cancelled, and their requests go to
/// other servers.
#[must_use = "dropping a running server stops it without drain"]
pub struct RunningServer {
    summary: watch::Receiver<ServiceSummary>,
    changes: mpsc::Sender<ChangeRequest>,
    counters: Arc<Counters>,
    deduplication: Option<Arc<Deduplication>>,
    in_flight: watch::Receiver<InFlightCalls>,
    state: StateWatch,
    failure: watch::Receiver<Option<ServeError>>,
    stop: watch::Sender<bool>,
    // The one task that owns all the others. Aborted when the server is dropped.
    supervisor: JoinSet<Result<ShutdownReport, ServeError>>,
}

impl RunningServer {
    pub(crate) fn supervise(
        settings: Arc<Settings>,
        services: ServiceSet,
        options: ConnectOptions,
        inbound: Inbound,
        first: Link,
    ) -> Self {
        let state = watch::Sender::new(ConnectionState::ready(1, first.broker()));
        let failure = watch::Sender::new(None);
        let summary = watch::Sender::new(services.summary());
        let (calls, in_flight) = watch::channel(first.in_flight());
        let (stop, stopped) = watch::channel(false);
        // A capacity of one: changes are made one after the other.
        let (changes, requests) = mpsc::channel(1);
        let mut server = Self {
            summary: summary.subscribe(),
            changes,
            counters: Arc::clone(&settings.counters),
            deduplication: settings.services.deduplication.clone(),
            in_flight,
            state: StateWatch::new(&state),
            failure: failure.subscribe(),
            stop,
            supervisor: JoinSet::new(),
        };
        let supervisor = Supervisor {
            settings,
            services,
            summary,
            changes: requests,
            unaccepted: Unaccepted::default(),
            options,
            inbound,
            state: PublishedState(state),
            in_flight: calls,
            failure,
            stop: stopped,
        };
        server.supervisor.spawn(supervisor.run(first));
        server
    }

    /// The queues that are consumed now, namespace included, in alphabetical order. Queues of listeners are
    /// left out: no other connection can use them.
    #[must_use]
    pub fn queues(&self) -> Vec<String> {
        self.summary.borrow().queues.clone()
    }

    /// The state of the connection. `Ready` means that the server serves; a single queue that cannot be
    /// consumed does not change it.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.state.current()
    }

    /// Watches [`state`](Self::state). The watch does not keep the server alive.
    #[must_use]
    pub fn state_changes(&self) -> StateWatch {
        self.state.clone()
    }

    /// Waits until the server serves, for at most `timeout`. It does so when `start` returns. Dropping the
    /// future changes nothing.
    ///
    /// # Errors
    /// The state at the end of that time, or at once the one it has closed with.
    pub async fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        self.state_changes().wait_ready(timeout).await
    }

    /// The counters since the start, over all connections, and how many calls are abandoned now.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        let abandoned = self.in_flight.borrow().count_late(Instant::now());
        self.counters.read(abandoned, self.deduplication.as_ref().map(|deduplication| deduplication.stats()))
    }

    /// The number of malformed requests so far: see [`ServerStats::malformed_requests`].
    #[must_use]
    pub fn malformed_requests(&self) -> u64 {
        self.stats().malformed_requests
    }

    /// Resolves when the server has failed for good: it could not reconnect within
    /// `ConnectOptions::give_up_after`, or its runtime has stopped. Dropping the future changes nothing.
    pub async fn failed(&self) -> ServeError {
        let mut failure = self.failure.clone();
        let failed = failure.wait_for(Option::is_some).await.ok().and_then(|failed| failed.clone());
        failed.unwrap_or_else(ended)
    }

    /// Stops taking requests, replies to those it has, and closes the connection.
    ///
    /// Requests that were already delivered are run as well. Calls that have not finished after the drain
    /// timeout (30 s unless set by `Server::drain_timeout`) are cancelled and requeued; the report names
    /// them. `blocking` methods, and methods that block their thread, cannot be cancelled: they are reported,
    /// and run on; their results are discarded. Returns at most about twelve seconds after the drain timeout,
    /// even while a change is being made. While there is no connection it waits only for calls of
    /// `#[rpc(deduplicate)]` methods that run on without it. Dropping the future ends the drain as dropping the
    /// server does: running calls are cancelled.
    ///
    /// # Errors
    /// When the connection is lost before everything was settled: the broker delivers again what was not.
    /// When the server had [failed](Self::failed) before.
    pub async fn shutdown(self) -> Result<ShutdownReport, ServeError> {
        let Self { stop, mut supervisor, .. } = self;
        // A supervisor that has ended does not listen.
        let _ = stop.send(true);
        match supervisor.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => Err(ended()),
        }
    }

    /// Serves until `signal` resolves, then shuts down. Dropping the future drops the server.
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

/// The error of a server whose supervisor has ended without one, because its runtime has stopped.
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
