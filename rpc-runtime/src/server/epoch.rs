//! One epoch of a server: a connection, the consumers on it, and the calls that came over it.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::{
    composition::{Change, Composition},
    delivery::Outbox,
    direct::{Direct, DirectReplies},
    plan::Plan,
    settle::{RequestChannel, Settlement, Settlements, settle},
    shutdown::ShutdownReport,
    staff::{Staff, all_of},
    subscription::Subscription,
    topology::explain,
    worker::Loss,
};
use crate::{
    amqp::{Connection, DataChannel, TopologyError, Touch},
    error::{BrokerError, ChangeError, ServeError, StartError, chain},
};

/// How long the last replies and acknowledgements may take to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves while its channel stands. Dropped, it cancels its calls and leaves the connection: what is not settled, the broker
/// delivers again.
pub(super) struct Epoch {
    connection: Connection,
    channel: DataChannel,
    staff: Staff,
    /// What waits for calls of what was removed.
    departures: JoinSet<()>,
    direct_replier: JoinSet<()>,
    direct: mpsc::UnboundedSender<Direct>,
    settler: JoinSet<()>,
    settlements: Settlements,
    lost: watch::Receiver<Option<BrokerError>>,
}

impl Epoch {
    /// The first one: every queue must be there.
    pub(super) async fn first(
        plan: &Arc<Plan>,
        composition: &Composition,
        connection: Connection,
    ) -> Result<Self, StartError> {
        let prepare = async {
            composition.declare(&connection, plan.declare).await?;
            let mut consumers = Consumers::without_any(composition, &connection).await?;
            for subscription in &mut consumers.subscriptions {
                subscription.consume().await?;
            }
            Ok(consumers)
        };
        let prepared = prepare.await;
        Self::begin(plan, connection, prepared).await
    }

    /// A later one: a queue that is refused is tried again while the others are served, unless all of them are. `consuming` turns true
    /// with the first consumer.
    ///
    /// When it is the consumer that is refused, the attempt has failed, and the next one leaves that queue to its worker.
    pub(super) async fn next(
        plan: &Arc<Plan>,
        composition: &Composition,
        connection: Connection,
        consuming: &watch::Sender<bool>,
    ) -> Result<Self, StartError> {
        let prepare = async {
            let mut consumers = Consumers::without_any(composition, &connection).await?;
            let mut refused = Vec::new();
            // All together have half of the attempt's time.
            let queues = u32::try_from(consumers.subscriptions.len()).unwrap_or(u32::MAX).max(1);
            let patience = connection.options().0.timeout / queues / 2;
            let (suspected, trusted): (Vec<_>, Vec<_>) = consumers
                .subscriptions
                .iter_mut()
                .partition(|subscription| subscription.queue.is_suspected());
            let mut consumes = false;
            for subscription in trusted.into_iter().chain(suspected) {
                if consumes && subscription.queue.is_suspected() {
                    break;
                }
                match subscription.prepare(patience).await {
                    Ok(()) => {
                        consuming.send_replace(true);
                        subscription.consume().await?;
                        consumes = true;
                    }
                    Err(error) if connection.is_connected() => {
                        let (queue, of) = (&subscription.queue.name, &error.name);
                        tracing::warn!(queue, of, error = %chain(&error.source), "the queue cannot be consumed yet");
                        refused.push(error);
                    }
                    Err(lost) => return Err(lost),
                }
            }
            // None refuses where everything was removed.
            match refused.into_iter().next() {
                Some(error) if !consumes => Err(error),
                _ => Ok(consumers),
            }
        };
        let prepared = prepare.await;
        Self::begin(plan, connection, prepared).await
    }

    async fn begin(
        plan: &Arc<Plan>,
        connection: Connection,
        prepared: Result<Consumers, TopologyError>,
    ) -> Result<Self, StartError> {
        let Consumers { channel, subscriptions } = match prepared {
            Ok(consumers) => consumers,
            Err(error) => {
                let error = explain(error, connection.user_as_shown());
                connection.close().await;
                return Err(error);
            }
        };
        let (settlements, to_settle) = mpsc::unbounded_channel();
        let (report_loss, lost) = watch::channel(None);
        let loss = Loss(report_loss);

        let (direct, answers) = mpsc::unbounded_channel();
        let mailbox = (direct.clone(), answers);
        let direct_replies =
            DirectReplies::new(&connection, channel.clone(), mailbox, settlements.clone(), plan);
        let mut direct_replier = JoinSet::new();
        direct_replier.spawn(direct_replies.run());
        let outbox = Arc::new(Outbox {
            settlements: settlements.clone(),
            direct: direct.clone(),
            max_reply_bytes: plan.max_reply_bytes,
            failures: Arc::clone(&plan.failures),
        });
        let mut staff = Staff::new(Arc::clone(plan), outbox, loss.clone());
        for subscription in subscriptions {
            staff.hire(subscription);
        }
        let mut settler = JoinSet::new();
        let request_channel = RequestChannel { publisher: channel.publisher(), channel: channel.clone() };
        settler.spawn(async move {
            if let Err(error) = settle(request_channel, to_settle).await {
                loss.report(error);
            }
        });
        let departures = JoinSet::new();
        Ok(Self {
            connection,
            channel,
            staff,
            departures,
            direct_replier,
            direct,
            settler,
            settlements,
            lost,
        })
    }

    /// Resolves when channel or connection are lost, with the reason.
    pub(super) async fn lost(&mut self) -> BrokerError {
        tokio::select! {
            biased;
            Ok(lost) = self.lost.wait_for(Option::is_some) => lost.clone(),
            failed = self.staff.failed(&self.connection) => failed,
            _ = self.direct_replier.join_next() => None,
            _ = self.settler.join_next() => None,
        }
        .unwrap_or_else(|| BrokerError::new(None, "a task of the server has panicked"))
    }

    /// Why the broker takes no messages on the connection, and when that changes.
    pub(super) fn watch_blocked(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.connection.findings().watch_blocked()
    }

    /// Serves what `change` adds, on this channel. What is served does not notice.
    ///
    /// # Errors
    /// When the broker refuses it; then everything is served as it was.
    pub(super) async fn take_up(&mut self, change: &Change) -> Result<(), TopologyError> {
        let patience = self.connection.options().0.timeout;
        let (known, fresh): (Vec<_>, Vec<_>) =
            change.touched().partition(|queue| self.staff.serves(&queue.name));
        let mut subscriptions = Vec::new();
        for queue in fresh {
            let subscription =
                Subscription::new(Arc::clone(queue), self.connection.clone(), self.channel.clone());
            subscription.try_out(patience).await?;
            subscriptions.push(subscription);
        }
        let mut before = Vec::new();
        let mut taken_up = Ok(());
        for queue in known {
            // Known to its worker before anything can come for it.
            before.extend(self.staff.reassign(Arc::clone(queue)));
            taken_up = queue.bind_more(&self.connection, patience).await;
            if taken_up.is_err() {
                break;
            }
        }
        if taken_up.is_ok() {
            for subscription in &mut subscriptions {
                taken_up = subscription.consume_within(patience).await;
                if taken_up.is_err() {
                    break;
                }
            }
        }
        match taken_up {
            Ok(()) => subscriptions.into_iter().for_each(|subscription| self.staff.hire(subscription)),
            // A consumer that was made is read by nobody: it must not outlive its channel.
            Err(_) => before.into_iter().for_each(|queue| drop(self.staff.reassign(queue))),
        }
        taken_up
    }

    /// Serves no more what `change` removes. Its calls go on until they have finished, at most for `drain_timeout`; then `done` hears of it.
    pub(super) fn give_up(
        &mut self,
        change: &Change,
        drain_timeout: Duration,
        done: oneshot::Sender<Result<ShutdownReport, ChangeError>>,
    ) {
        for queue in change.touched() {
            self.staff.reassign(Arc::clone(queue));
        }
        let shared = change.touched().map(|queue| &*queue.name);
        let departure = self.staff.let_go(change.leaving.clone(), change.given_up(), shared);
        while self.departures.try_join_next().is_some() {}
        self.departures.spawn(async move {
            let _ = done.send(Ok(departure.complete(drain_timeout).await));
        });
    }

    /// Whom the broker knows the server as.
    pub(super) fn user_as_shown(&self) -> &str {
        self.connection.user_as_shown()
    }

    /// Takes nothing new, finishes what it has within `drain_timeout`, cancels the rest, and closes the connection.
    ///
    /// # Errors
    /// When the connection was lost before everything was settled.
    pub(super) async fn drain(mut self, drain_timeout: Duration) -> Result<ShutdownReport, ServeError> {
        let report = self.staff.drain(drain_timeout).await;
        let settled = tokio::time::timeout(SETTLE_TIMEOUT, self.settle_all()).await.is_ok();
        self.connection.close().await;
        if let Some(lost) = self.lost.borrow().clone() {
            return Err(ServeError::Disconnected(lost));
        }
        if !settled {
            let reason = "the broker did not take the last replies in time";
            return Err(ServeError::Disconnected(BrokerError::new(None, reason)));
        }
        Ok(report)
    }

    /// Writes what is left. Calls that block their thread still hold their ends of the channels, and are not waited for.
    async fn settle_all(&mut self) {
        let _ = self.direct.send(Direct::Stop);
        all_of(&mut self.direct_replier).await;
        let _ = self.settlements.send(Settlement::Stop);
        all_of(&mut self.settler).await;
    }
}

/// The consumers of all queues, on one channel.
struct Consumers {
    channel: DataChannel,
    subscriptions: Vec<Subscription>,
}

impl Consumers {
    /// A channel, and for every queue what will consume it.
    async fn without_any(composition: &Composition, connection: &Connection) -> Result<Self, TopologyError> {
        let first = || composition.queues.first().map_or(String::new(), |queue| queue.name.clone());
        let refused = |source| TopologyError { touch: Touch::ConsumeQueue, name: first(), source };
        let channel = connection.open_data_channel().await.map_err(refused)?;
        let subscribe = |queue| Subscription::new(Arc::clone(queue), connection.clone(), channel.clone());
        Ok(Self { subscriptions: composition.queues.iter().map(subscribe).collect(), channel })
    }
}
