//! Runs a server: opens link after link, until the server is stopped or reconnecting stops.

use std::{pin::pin, sync::Arc, time::Instant};

use amqp_rpc_transport::{Backoff, BrokerError, ConnectOptions, ConnectionState, Inbound, chain, reconnect};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    finish_outliving::{drain_repeats, finish_outliving},
    link::Link,
    state::PublishedState,
};
use crate::{
    error::{ChangeError, ServeError, StartError},
    server::{
        config::Pattern,
        reply::InFlightCalls,
        services::{
            Added, Change, ChangeReply, ChangeRequest, Rebinding, Registration, ServiceId, ServiceSet,
            ServiceSummary, SubscriptionInfo, Unaccepted,
        },
        settings::Settings,
        shutdown_report::ShutdownReport,
    },
};

/// Connects, makes changes, and drains at the end. Owns all other tasks of the server.
pub(crate) struct Supervisor {
    pub(crate) settings: Arc<Settings>,
    pub(crate) services: ServiceSet,
    pub(crate) summary: watch::Sender<ServiceSummary>,
    pub(crate) changes: mpsc::Receiver<ChangeRequest>,
    /// Additions whose callers had stopped waiting when they were made.
    pub(crate) unaccepted: Unaccepted,
    pub(crate) options: ConnectOptions,
    pub(crate) inbound: Inbound,
    pub(crate) state: PublishedState,
    /// The calls of the link.
    pub(crate) in_flight: watch::Sender<InFlightCalls>,
    pub(crate) failure: watch::Sender<Option<ServeError>>,
    /// True when the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

/// The reason for which a link ended.
enum LinkEnd {
    Stopped,
    Lost(BrokerError),
}

/// The outcome of reconnecting.
enum Reconnected {
    Link(Link),
    /// The time for it is over.
    Failed(StartError),
    /// The server was told to stop, perhaps when the link had already begun to consume.
    Stopped(Option<Link>),
}

const SHUT_DOWN: &str = "the server was shut down";

impl Supervisor {
    /// Serves until told to stop, and drains then.
    ///
    /// # Errors
    /// When reconnecting has stopped, or the connection is lost while draining.
    pub(crate) async fn run(mut self, first: Link) -> Result<ShutdownReport, ServeError> {
        let mut backoff = Backoff::new(&self.options);
        let mut link = first;
        for epoch in 1.. {
            let since = Instant::now();
            let lost = match self.serve(&mut link, epoch).await {
                LinkEnd::Stopped => return self.drain(link).await,
                LinkEnd::Lost(lost) => lost,
            };
            self.services.note_loss(&lost);
            tracing::warn!(error = %lost, "the server lost its connection and reconnects");
            self.state.enter(ConnectionState::connecting(0, lost.message()));
            // Cancels its calls: none can be acknowledged any more, and the broker delivers their requests again.
            drop(link);
            backoff.reset_after(since.elapsed());
            link = match self.reconnect(&mut backoff, lost.is_low_on_disk()).await {
                Reconnected::Link(next) => next,
                Reconnected::Failed(error) => return Err(self.fail(error)),
                Reconnected::Stopped(Some(next)) => return self.drain(next).await,
                Reconnected::Stopped(None) => {
                    let report =
                        finish_outliving(&self.settings, self.settings.drain_timeout, Vec::new()).await;
                    self.state.enter(ConnectionState::closed(SHUT_DOWN));
                    return Ok(report);
                }
            };
            self.in_flight.send_replace(link.in_flight());
            tracing::info!(broker = %link.broker(), "the server has reconnected");
        }
        unreachable!("nothing connects that often")
    }

    /// Publishes the link's state and makes changes until the link ends.
    async fn serve(&mut self, link: &mut Link, epoch: u64) -> LinkEnd {
        let (broker, mut blocked) = (link.broker(), link.watch_blocked());
        loop {
            let reason = blocked.borrow_and_update().clone();
            self.state.enter(match reason {
                Some(reason) => ConnectionState::blocked(epoch, broker, reason),
                None => ConnectionState::ready(epoch, broker),
            });
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => return LinkEnd::Stopped,
                lost = link.lost() => return LinkEnd::Lost(lost),
                id = self.unaccepted.next() => self.take_back(link, id),
                Ok(()) = blocked.changed() => {}
                Some(request) = self.changes.recv() => self.change(link, request).await,
            }
        }
    }

    /// Makes a change. Every question to the broker has a timeout; a stop or a loss of the connection ends it before.
    async fn change(&mut self, link: &mut Link, request: ChangeRequest) {
        if request.is_abandoned() {
            return;
        }
        // Before a request of the same caller: it may add the same again.
        while let Some(id) = self.unaccepted.take_next() {
            self.take_back(link, id);
        }
        match request {
            ChangeRequest::Add { registration, reply } => {
                let added = self.add(link, registration).await;
                // Dropped here or by the caller, it is taken back.
                drop(reply.send(added.map(|id| self.unaccepted.added(id, ()))));
            }
            ChangeRequest::Subscribe { registration, reply } => {
                let added = self.add(link, registration).await;
                drop(reply.send(added.and_then(|id| self.subscribed(id))));
            }
            ChangeRequest::Remove { name, reply } => {
                let change = self.services.without(&name, &self.settings.services);
                self.remove(link, change, reply);
            }
            ChangeRequest::Unsubscribe { subscription, reply } => {
                let change = self.services.unsubscribed(&subscription, &self.settings.services);
                self.remove(link, change, reply);
            }
            ChangeRequest::Rebind { subscription, bind, unbind, reply } => {
                drop(reply.send(self.rebind(link, &subscription, bind, &unbind).await));
            }
        }
    }

    async fn add(&mut self, link: &mut Link, registration: Registration) -> Result<ServiceId, ChangeError> {
        let (change, id) = self.services.with(registration, &self.settings.services)?;
        link.apply(&change, Vec::new(), stopped(&mut self.stop)).await?;
        self.adopt(change);
        Ok(id)
    }

    /// The outcome of a subscription that was just made.
    fn subscribed(&self, id: ServiceId) -> Result<Added<SubscriptionInfo>, ChangeError> {
        let last = self.summary.borrow().subscriptions.last().cloned().ok_or(ChangeError::Ended)?;
        Ok(self.unaccepted.added(id, last))
    }

    /// Removes what was added for a caller that had stopped waiting.
    fn take_back(&mut self, link: &mut Link, id: ServiceId) {
        match self.services.without_id(id, &self.settings.services) {
            Ok(Some(change)) => {
                tracing::info!("what was added is removed again: its caller dropped the future");
                // Nobody waits for the report.
                self.remove(link, Ok(change), oneshot::channel().0);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %chain(&error), "an addition was not taken back"),
        }
    }

    async fn rebind(
        &mut self,
        link: &mut Link,
        subscription: &SubscriptionInfo,
        bind: Vec<Pattern>,
        unbind: &[Pattern],
    ) -> Result<(), ChangeError> {
        let rebinding = self.services.rebound(subscription, bind, unbind, &self.settings.services)?;
        let Rebinding { change, unbound } = rebinding;
        link.apply(&change, unbound, stopped(&mut self.stop)).await?;
        self.adopt(change);
        Ok(())
    }

    fn remove(
        &mut self,
        link: &mut Link,
        change: Result<Change, ChangeError>,
        reply: ChangeReply<ShutdownReport>,
    ) {
        let change = match change {
            Ok(change) => change,
            Err(error) => return drop(reply.send(Err(error))),
        };
        // First: who receives the reply must not see the removed service in the summary.
        self.publish(&change.next);
        link.remove(&change, self.settings.drain_timeout, reply);
        self.services = change.next;
    }

    fn adopt(&mut self, change: Change) {
        self.publish(&change.next);
        self.services = change.next;
    }

    fn publish(&self, next: &ServiceSet) {
        next.show(&self.settings.services);
        self.summary.send_replace(next.summary());
    }

    /// Connects until it works. Where the broker `is_low_on_disk` nothing is consumed before it accepts
    /// messages: requests would run again and again, for the broker refuses their replies.
    async fn reconnect(&mut self, backoff: &mut Backoff, is_low_on_disk: bool) -> Reconnected {
        let (settings, services, state) = (&self.settings, &self.services, &self.state);
        let consuming = watch::Sender::new(false);
        let failed = |error: &StartError| {
            state.count_failure(error);
            consuming.send_replace(false);
        };
        let mut next = pin!(reconnect(&self.options, &self.inbound, backoff, failed, |connection| {
            let (settings, consuming) = (Arc::clone(settings), &consuming);
            async move {
                if is_low_on_disk && let Err(error) = connection.try_publishing().await {
                    connection.close().await;
                    return Err(error.into());
                }
                Link::next(&settings, services, connection, consuming).await
            }
        }));
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => break,
                next = &mut next => return match next {
                    Ok(next) => Reconnected::Link(next),
                    Err(error) => Reconnected::Failed(error),
                },
                Some(request) = self.changes.recv() => {
                    request.refuse(ChangeError::NotConnected(state.reason()));
                }
            }
        }
        // Requests that a link has which is dropped half open would come again, marked as redelivered.
        let mut consumes = consuming.subscribe();
        tokio::select! {
            biased;
            next = &mut next => Reconnected::Stopped(next.ok()),
            _ = consumes.wait_for(|consuming| !consuming) => Reconnected::Stopped(None),
        }
    }

    async fn drain(mut self, link: Link) -> Result<ShutdownReport, ServeError> {
        // Callers of changes are told now, not when the drain is over.
        self.changes.close();
        while let Ok(request) = self.changes.try_recv() {
            request.refuse(ChangeError::Ended);
        }
        self.state.enter(ConnectionState::Draining);
        let (began, drain_timeout) = (Instant::now(), self.settings.drain_timeout);
        drain_repeats(&self.settings);
        let drained = link.drain(drain_timeout).await;
        let rest = drain_timeout.saturating_sub(began.elapsed());
        let drained = match drained {
            Ok(report) => Ok(finish_outliving(&self.settings, rest, report.abandoned).await),
            Err(lost) => {
                finish_outliving(&self.settings, rest, Vec::new()).await;
                Err(lost)
            }
        };
        let reason: Arc<str> = match &drained {
            Ok(_) => SHUT_DOWN.into(),
            Err(error) => chain(error).to_string().into(),
        };
        self.state.enter(ConnectionState::closed(reason));
        drained
    }

    /// Publishes that the server has failed for good.
    fn fail(&self, error: StartError) -> ServeError {
        let error = ServeError::GivenUp(Arc::new(error));
        self.state.enter(ConnectionState::closed(chain(&error).to_string()));
        self.failure.send_replace(Some(error.clone()));
        error
    }
}

/// Waits until the server is told to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // The server was dropped: its tasks, this one included, are being cancelled.
        std::future::pending::<()>().await;
    }
}
