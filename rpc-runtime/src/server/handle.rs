//! The handle to a running server: watches it, changes what it serves, and stops it.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, ConnectOptions, ConnectionState, Inbound, NotReady, StateWatch};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    contract::Service,
    error::{ChangeError, ServeError},
    server::{
        config::{QueueOptions, Subscription},
        services::{
            ActiveSubscription, Added, ChangeRequest, Registration, Role, ServiceSet, ServiceSummary,
            Unaccepted,
        },
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
/// again. It reconnects after random delays, up to `ConnectOptions::max_delay` (4 s), without end unless
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
        let (stop, stopped) = watch::channel(false);
        // A capacity of one: changes are made one after the other.
        let (changes, requests) = mpsc::channel(1);
        let mut server = Self {
            summary: summary.subscribe(),
            changes,
            counters: Arc::clone(&settings.counters),
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

    /// Serves one more service, as if it had been given to [`Server::service`](crate::Server::service):
    /// within the server's layers, from queues with the server's options. Returns when its consumers are
    /// live. Other services are not disturbed; a queue that is consumed already serves the new methods as
    /// well.
    ///
    /// The addition survives reconnects. Changes are made one after the other. Every exchange, queue and
    /// consumer must be made within [`ConnectOptions::timeout`]; a shutdown waits for none of them.
    ///
    /// Dropping the future before it resolves takes the addition back: the service is not served, or no more,
    /// as after a [removal](Self::remove), and the same can be added again at once. Its queues may stay
    /// declared.
    ///
    /// # Errors
    /// `Refused` with the reason that a start would have had, `NotConnected` during an outage or when one
    /// begins meanwhile, `Ended` when the server is shut down before: then the service is not served. A queue
    /// may have been declared by then, and an event bound, as by a start that fails.
    ///
    /// Everything else is served as before, over the same connection. Only a consumer that is refused
    /// although its queue was not, or that is not made in time, costs the connection: the deliveries to the
    /// consumers of this change are requeued, and running calls are cancelled.
    pub async fn add<S: Service>(&self, service: S) -> Result<(), ChangeError> {
        self.register(service, None).await
    }

    /// Does the same from queues with options of their own.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn add_with<S: Service>(
        &self,
        service: S,
        queue_options: QueueOptions,
    ) -> Result<(), ChangeError> {
        self.register(service, Some(queue_options)).await
    }

    async fn register<S: Service>(
        &self,
        service: S,
        queue_options: Option<QueueOptions>,
    ) -> Result<(), ChangeError> {
        let registration = Registration::new(service, Role::Serve(queue_options));
        let request = |reply| ChangeRequest::Add { registration, reply };
        ChangeRequest::send(&self.changes, request).await.map(Added::accept)
    }

    /// Removes the service of this name: takes no further requests for it, and returns when its calls have
    /// finished. Calls that take longer than the drain timeout are cancelled and requeued; the report names
    /// them, and the server's other calls go on. When the connection is lost or the server shut down before
    /// that, calls that still ran are cancelled with it, and reported as well.
    ///
    /// Its queues, their bindings and the requests in them stay on the broker: for other servers, or until it
    /// is [added](Self::add) again. While a queue is shared with a service that is still served, requests
    /// still come. Their callers get the fault `shutting_down`, which says that the method did not run and
    /// that another server may be tried.
    ///
    /// **Notifications for it that come from a shared queue go to the dead letters**, each with a `WARN` in
    /// the log, also those that other servers could have run: requeued, they would come again at once and for
    /// ever. Give a service that is added and removed a queue of its own, as it has by default; then its
    /// notifications wait there.
    ///
    /// A removal survives reconnects. Dropping the future does not undo it.
    ///
    /// # Errors
    /// `NotServed`, which lists the names that are; `NotConnected` during an outage; `Ended`. Nothing is
    /// removed then.
    pub async fn remove(&self, name: &str) -> Result<ShutdownReport, ChangeError> {
        let name = name.to_owned();
        ChangeRequest::send(&self.changes, |reply| ChangeRequest::Remove { name, reply }).await
    }

    /// Receives events of `service`, as if it had been given to
    /// [`Server::subscribe`](crate::Server::subscribe). Returns when every event that is published from now
    /// on is received. Dropping the future before it resolves takes the subscription back, as for
    /// [`add`](Self::add); the queue of a group may stay and gather events.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub async fn subscribe<S: Service>(
        &self,
        service: S,
        subscription: Subscription,
    ) -> Result<ActiveSubscription, ChangeError> {
        let registration = Registration::new(service, Role::Receive(subscription));
        let request = |reply| ChangeRequest::Subscribe { registration, reply };
        let info = ChangeRequest::send(&self.changes, request).await?.accept();
        Ok(ActiveSubscription { info, changes: self.changes.clone() })
    }

    /// The current subscriptions, in the order in which they were made.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<ActiveSubscription> {
        let subscriptions = self.summary.borrow().subscriptions.clone();
        let active = |info| ActiveSubscription { info, changes: self.changes.clone() };
        subscriptions.into_iter().map(active).collect()
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

    /// The counters since the start, over all connections.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.counters.read()
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
    /// even while a change is being made; at once while there is no connection, for then there is nothing to
    /// drain. Dropping the future ends the drain as dropping the server does: running calls are cancelled.
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
