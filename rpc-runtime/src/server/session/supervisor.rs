//! The life of a server: epoch after epoch, until it is told to stop or the broker is given up.

use std::{pin::pin, sync::Arc, time::Instant};

use amqp_rpc_transport::{Backoff, BrokerError, ConnectOptions, ConnectionState, Inbound, chain, reconnect};
use tokio::sync::{mpsc, oneshot, watch};

use super::link::Link;
use crate::{
    error::{ChangeError, ServeError, StartError},
    server::{
        config::Pattern,
        services::{Change, ChangeRequest, Registration, ServiceSet, ServiceSummary, SubscriptionInfo},
        settings::Settings,
        shutdown_report::ShutdownReport,
    },
};

pub(crate) struct Supervisor {
    pub(crate) settings: Arc<Settings>,
    pub(crate) services: ServiceSet,
    pub(crate) shown: watch::Sender<ServiceSummary>,
    pub(crate) changes: mpsc::Receiver<ChangeRequest>,
    pub(crate) options: ConnectOptions,
    pub(crate) inbound: Inbound,
    pub(crate) state: PublishedState,
    pub(crate) failure: watch::Sender<Option<ServeError>>,
    /// True when the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What the server tells of itself. Dropped with the server it is `Closed`.
pub(crate) struct PublishedState(pub(crate) watch::Sender<ConnectionState>);

/// Why an epoch ended.
enum LinkEnd {
    Stopped,
    Lost(BrokerError),
}

/// What came of connecting again.
enum NextLink {
    Connected(Link),
    GivenUp(StartError),
    /// Told to stop, perhaps when it had already begun to consume.
    Stopped(Option<Link>),
}

impl Supervisor {
    /// Serves until told to stop, and drains then.
    ///
    /// # Errors
    /// When the broker was given up, or lost while draining.
    pub(crate) async fn run(mut self, first: Link) -> Result<ShutdownReport, ServeError> {
        let mut backoff = Backoff::default();
        let mut link = first;
        for number in 1.. {
            let since = Instant::now();
            let lost = match self.serve(&mut link, number).await {
                LinkEnd::Stopped => return self.drain(link).await,
                LinkEnd::Lost(lost) => lost,
            };
            tracing::warn!(error = %lost, "the server lost its connection and makes another one");
            self.state.enter(ConnectionState::connecting(0, lost.message()));
            // Its calls are cancelled: nothing of it can be acknowledged any more, and the broker delivers their requests again.
            drop(link);
            backoff.reset_after(since.elapsed());
            link = match self.connect_again(&mut backoff).await {
                NextLink::Connected(next) => next,
                NextLink::GivenUp(error) => return Err(self.give_up(error)),
                NextLink::Stopped(Some(next)) => return self.drain(next).await,
                NextLink::Stopped(None) => {
                    self.state.enter(ConnectionState::closed(SHUT_DOWN));
                    return Ok(ShutdownReport::default());
                }
            };
            tracing::info!("the server serves again");
        }
        unreachable!("nothing connects that often")
    }

    /// Shows how the epoch stands until it ends.
    async fn serve(&mut self, link: &mut Link, number: u64) -> LinkEnd {
        let mut blocked = link.watch_blocked();
        loop {
            let reason = blocked.borrow_and_update().clone();
            self.state.enter(match reason {
                Some(reason) => ConnectionState::blocked(number, reason),
                None => ConnectionState::ready(number),
            });
            tokio::select! {
                biased;
                () = told(&mut self.stop) => return LinkEnd::Stopped,
                lost = link.lost() => return LinkEnd::Lost(lost),
                Ok(()) = blocked.changed() => {}
                Some(request) = self.changes.recv() => self.change(link, request).await,
            }
        }
    }

    /// Every question has the time that the broker has to answer; to be told to stop, or the loss of the connection, ends it before.
    async fn change(&mut self, link: &mut Link, request: ChangeRequest) {
        if request.is_abandoned() {
            return;
        }
        match request {
            ChangeRequest::Add(given, done) => drop(done.send(self.add(link, given).await)),
            ChangeRequest::Subscribe(given, done) => {
                let added = self.add(link, given).await;
                let subscribed = added.and_then(|()| {
                    self.shown.borrow().subscriptions.last().cloned().ok_or(ChangeError::Ended)
                });
                let _ = done.send(subscribed);
            }
            ChangeRequest::Remove(name, done) => {
                let change = self.services.without(&name, &self.settings);
                self.remove(link, change, done);
            }
            ChangeRequest::Unsubscribe(shown, done) => {
                let change = self.services.unsubscribed(&shown, &self.settings);
                self.remove(link, change, done);
            }
            ChangeRequest::Rebind { shown, bind, unbind, done } => {
                drop(done.send(self.rebind(link, &shown, bind, &unbind).await));
            }
        }
    }

    async fn add(&mut self, link: &mut Link, given: Registration) -> Result<(), ChangeError> {
        let change = self.services.with(given, &self.settings)?;
        link.apply(&change, Vec::new(), told(&mut self.stop)).await?;
        self.adopt(change);
        Ok(())
    }

    async fn rebind(
        &mut self,
        link: &mut Link,
        shown: &SubscriptionInfo,
        bind: Vec<Pattern>,
        unbind: &[Pattern],
    ) -> Result<(), ChangeError> {
        let (change, unbound) = self.services.rebound(shown, bind, unbind, &self.settings)?;
        link.apply(&change, unbound, told(&mut self.stop)).await?;
        self.adopt(change);
        Ok(())
    }

    fn remove(
        &mut self,
        link: &mut Link,
        change: Result<Change, ChangeError>,
        done: oneshot::Sender<Result<ShutdownReport, ChangeError>>,
    ) {
        match change {
            Ok(change) => {
                link.give_up(&change, self.settings.drain_timeout, done);
                self.adopt(change);
            }
            Err(error) => drop(done.send(Err(error))),
        }
    }

    fn adopt(&mut self, change: Change) {
        self.services = change.next;
        self.shown.send_replace(self.services.shown());
    }

    async fn connect_again(&mut self, backoff: &mut Backoff) -> NextLink {
        let (settings, services, state) = (&self.settings, &self.services, &self.state);
        let consuming = watch::Sender::new(false);
        let failed = |error: &StartError| {
            state.count_failure(error);
            consuming.send_replace(false);
        };
        let mut next = pin!(reconnect(&self.options, &self.inbound, backoff, failed, |connection| {
            let (settings, consuming) = (Arc::clone(settings), &consuming);
            async move { Link::next(&settings, services, connection, consuming).await }
        }));
        loop {
            tokio::select! {
                biased;
                () = told(&mut self.stop) => break,
                next = &mut next => return match next {
                    Ok(next) => NextLink::Connected(next),
                    Err(error) => NextLink::GivenUp(error),
                },
                Some(request) = self.changes.recv() => request.refuse(ChangeError::NotConnected(state.reason())),
            }
        }
        // What was delivered to an epoch that is given up halfway would come again as if it might have run.
        let mut consumes = consuming.subscribe();
        tokio::select! {
            biased;
            next = &mut next => NextLink::Stopped(next.ok()),
            _ = consumes.wait_for(|consuming| !consuming) => NextLink::Stopped(None),
        }
    }

    async fn drain(mut self, link: Link) -> Result<ShutdownReport, ServeError> {
        // Nobody is to wait for the end to hear of it.
        self.changes.close();
        while let Ok(request) = self.changes.try_recv() {
            request.refuse(ChangeError::Ended);
        }
        self.state.enter(ConnectionState::Draining);
        let drained = link.drain(self.settings.drain_timeout).await;
        let reason: Arc<str> = match &drained {
            Ok(_) => SHUT_DOWN.into(),
            Err(error) => chain(error).to_string().into(),
        };
        self.state.enter(ConnectionState::closed(reason));
        drained
    }

    fn give_up(&self, error: StartError) -> ServeError {
        let error = ServeError::GivenUp(Arc::new(error));
        self.state.enter(ConnectionState::closed(chain(&error).to_string()));
        self.failure.send_replace(Some(error.clone()));
        error
    }
}

const SHUT_DOWN: &str = "the server was shut down";

impl PublishedState {
    fn enter(&self, next: ConnectionState) {
        self.0.send_if_modified(|state| {
            let changed = *state != next;
            *state = next;
            changed
        });
    }

    /// Why there is no connection.
    fn reason(&self) -> Arc<str> {
        match &*self.0.borrow() {
            ConnectionState::Connecting { reason, .. } => Arc::clone(reason),
            _ => "it is being made".into(),
        }
    }

    fn count_failure(&self, error: &StartError) {
        self.0.send_modify(|state| {
            let earlier = match state {
                ConnectionState::Connecting { failures, .. } => *failures,
                _ => 0,
            };
            let reason = chain(error).to_string();
            *state = ConnectionState::connecting(earlier.saturating_add(1), reason);
        });
    }
}

impl Drop for PublishedState {
    fn drop(&mut self) {
        if !self.0.borrow().is_closed() {
            self.enter(ConnectionState::closed("the server was dropped"));
        }
    }
}

/// Resolves when the server is told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // The server was dropped: its tasks, this one included, are being cancelled.
        std::future::pending::<()>().await;
    }
}
