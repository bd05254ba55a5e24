//! The life of a server: epoch after epoch, until it is told to stop or the broker is given up.

use std::{pin::pin, sync::Arc, time::Instant};

use amqp_rpc_transport::{Backoff, BrokerError, ConnectOptions, ConnectionState, Inbound, chain, reconnect};
use tokio::sync::{mpsc, oneshot, watch};

use super::link::Epoch;
use crate::{
    error::{ChangeError, ServeError, StartError},
    server::{
        config::Pattern,
        services::{Asked, Change, Composition, Given, Shown, ShownSubscription},
        settings::Plan,
        shutdown_report::ShutdownReport,
    },
};

pub(crate) struct Supervisor {
    pub(crate) plan: Arc<Plan>,
    pub(crate) composition: Composition,
    pub(crate) shown: watch::Sender<Shown>,
    pub(crate) changes: mpsc::Receiver<Asked>,
    pub(crate) options: ConnectOptions,
    pub(crate) inbound: Inbound,
    pub(crate) state: State,
    pub(crate) failure: watch::Sender<Option<ServeError>>,
    /// True when the server is to stop.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What the server tells of itself. Dropped with the server it is `Closed`.
pub(crate) struct State(pub(crate) watch::Sender<ConnectionState>);

/// Why an epoch ended.
enum End {
    Told,
    Lost(BrokerError),
}

/// What came of connecting again.
enum Next {
    Epoch(Epoch),
    GivenUp(StartError),
    /// Told to stop, perhaps when it had already begun to consume.
    Told(Option<Epoch>),
}

impl Supervisor {
    /// Serves until told to stop, and drains then.
    ///
    /// # Errors
    /// When the broker was given up, or lost while draining.
    pub(crate) async fn run(mut self, first: Epoch) -> Result<ShutdownReport, ServeError> {
        let mut backoff = Backoff::default();
        let mut epoch = first;
        for number in 1.. {
            let since = Instant::now();
            let lost = match self.serve(&mut epoch, number).await {
                End::Told => return self.drain(epoch).await,
                End::Lost(lost) => lost,
            };
            tracing::warn!(error = %lost, "the server lost its connection and makes another one");
            self.state.enter(ConnectionState::connecting(0, lost.message()));
            // Its calls are cancelled: nothing of it can be acknowledged any more, and the broker delivers their requests again.
            drop(epoch);
            backoff.reset_after(since.elapsed());
            epoch = match self.connect_again(&mut backoff).await {
                Next::Epoch(next) => next,
                Next::GivenUp(error) => return Err(self.give_up(error)),
                Next::Told(Some(next)) => return self.drain(next).await,
                Next::Told(None) => {
                    self.state.enter(ConnectionState::closed(SHUT_DOWN));
                    return Ok(ShutdownReport::default());
                }
            };
            tracing::info!("the server serves again");
        }
        unreachable!("nothing connects that often")
    }

    /// Shows how the epoch stands until it ends.
    async fn serve(&mut self, epoch: &mut Epoch, number: u64) -> End {
        let mut blocked = epoch.watch_blocked();
        loop {
            let reason = blocked.borrow_and_update().clone();
            self.state.enter(match reason {
                Some(reason) => ConnectionState::blocked(number, reason),
                None => ConnectionState::ready(number),
            });
            tokio::select! {
                biased;
                () = told(&mut self.stop) => return End::Told,
                lost = epoch.lost() => return End::Lost(lost),
                Ok(()) = blocked.changed() => {}
                Some(asked) = self.changes.recv() => self.change(epoch, asked).await,
            }
        }
    }

    /// Every question has the time that the broker has to answer; to be told to stop, or the loss of the connection, ends it before.
    async fn change(&mut self, epoch: &mut Epoch, asked: Asked) {
        if asked.is_abandoned() {
            return;
        }
        match asked {
            Asked::Add(given, done) => drop(done.send(self.add(epoch, given).await)),
            Asked::Subscribe(given, done) => {
                let added = self.add(epoch, given).await;
                let subscribed = added.and_then(|()| {
                    self.shown.borrow().subscriptions.last().cloned().ok_or(ChangeError::Ended)
                });
                let _ = done.send(subscribed);
            }
            Asked::Remove(name, done) => {
                let change = self.composition.without(&name, &self.plan);
                self.remove(epoch, change, done);
            }
            Asked::Unsubscribe(shown, done) => {
                let change = self.composition.unsubscribed(&shown, &self.plan);
                self.remove(epoch, change, done);
            }
            Asked::Rebind { shown, bind, unbind, done } => {
                drop(done.send(self.rebind(epoch, &shown, bind, &unbind).await));
            }
        }
    }

    async fn add(&mut self, epoch: &mut Epoch, given: Given) -> Result<(), ChangeError> {
        let change = self.composition.with(given, &self.plan)?;
        epoch.take_up(&change, Vec::new(), told(&mut self.stop)).await?;
        self.adopt(change);
        Ok(())
    }

    async fn rebind(
        &mut self,
        epoch: &mut Epoch,
        shown: &ShownSubscription,
        bind: Vec<Pattern>,
        unbind: &[Pattern],
    ) -> Result<(), ChangeError> {
        let (change, unbound) = self.composition.rebound(shown, bind, unbind, &self.plan)?;
        epoch.take_up(&change, unbound, told(&mut self.stop)).await?;
        self.adopt(change);
        Ok(())
    }

    fn remove(
        &mut self,
        epoch: &mut Epoch,
        change: Result<Change, ChangeError>,
        done: oneshot::Sender<Result<ShutdownReport, ChangeError>>,
    ) {
        match change {
            Ok(change) => {
                epoch.give_up(&change, self.plan.drain_timeout, done);
                self.adopt(change);
            }
            Err(error) => drop(done.send(Err(error))),
        }
    }

    fn adopt(&mut self, change: Change) {
        self.composition = change.next;
        self.shown.send_replace(self.composition.shown());
    }

    async fn connect_again(&mut self, backoff: &mut Backoff) -> Next {
        let (plan, composition, state) = (&self.plan, &self.composition, &self.state);
        let consuming = watch::Sender::new(false);
        let failed = |error: &StartError| {
            state.count_failure(error);
            consuming.send_replace(false);
        };
        let mut next = pin!(reconnect(&self.options, &self.inbound, backoff, failed, |connection| {
            let (plan, consuming) = (Arc::clone(plan), &consuming);
            async move { Epoch::next(&plan, composition, connection, consuming).await }
        }));
        loop {
            tokio::select! {
                biased;
                () = told(&mut self.stop) => break,
                next = &mut next => return match next {
                    Ok(next) => Next::Epoch(next),
                    Err(error) => Next::GivenUp(error),
                },
                Some(asked) = self.changes.recv() => asked.refuse(ChangeError::NotConnected(state.reason())),
            }
        }
        // What was delivered to an epoch that is given up halfway would come again as if it might have run.
        let mut consumes = consuming.subscribe();
        tokio::select! {
            biased;
            next = &mut next => Next::Told(next.ok()),
            _ = consumes.wait_for(|consuming| !consuming) => Next::Told(None),
        }
    }

    async fn drain(mut self, epoch: Epoch) -> Result<ShutdownReport, ServeError> {
        // Nobody is to wait for the end to hear of it.
        self.changes.close();
        while let Ok(asked) = self.changes.try_recv() {
            asked.refuse(ChangeError::Ended);
        }
        self.state.enter(ConnectionState::Draining);
        let drained = epoch.drain(self.plan.drain_timeout).await;
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

impl State {
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

impl Drop for State {
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
