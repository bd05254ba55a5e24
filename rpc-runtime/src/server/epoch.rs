//! One epoch of a server: a connection, the consumers on it, and the calls that came over it.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    delivery::Outbox,
    direct::{Direct, DirectReplies},
    plan::Plan,
    roster::Roster,
    settle::{RequestChannel, Settlement, Settlements, settle},
    shutdown::ShutdownReport,
    subscription::Subscription,
    topology::explain,
    worker::{Loss, Order, Worker},
};
use crate::{
    amqp::{Connection, DataChannel, TopologyError, Touch},
    error::{BrokerError, ServeError, StartError, chain},
};

/// How long cancelled calls may take to let go. One that blocks its thread does not.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the last replies and acknowledgements may take to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves while its channel stands. Dropped, it cancels its calls and leaves the connection: what is not settled, the broker
/// delivers again.
pub(super) struct Epoch {
    connection: Connection,
    workers: JoinSet<()>,
    direct_replier: JoinSet<()>,
    direct: mpsc::UnboundedSender<Direct>,
    settler: JoinSet<()>,
    settlements: Settlements,
    orders: watch::Sender<Order>,
    lost: watch::Receiver<Option<BrokerError>>,
    roster: Roster,
}

impl Epoch {
    /// The first one: every queue must be there.
    pub(super) async fn first(plan: &Arc<Plan>, connection: Connection) -> Result<Self, StartError> {
        let prepare = async {
            plan.declare(&connection).await?;
            let mut consumers = Consumers::without_any(plan, &connection).await?;
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
        connection: Connection,
        consuming: &watch::Sender<bool>,
    ) -> Result<Self, StartError> {
        let prepare = async {
            let mut consumers = Consumers::without_any(plan, &connection).await?;
            let mut refused = Vec::new();
            // All together have half of the attempt's time.
            let queues = u32::try_from(consumers.subscriptions.len()).unwrap_or(u32::MAX).saturating_mul(2);
            let patience = connection.options().0.timeout / queues;
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
            if !consumes {
                return Err(refused.swap_remove(0));
            }
            Ok(consumers)
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
        let (orders, ordered) = watch::channel(Order::Serve);
        let (report_loss, lost) = watch::channel(None);
        let loss = Loss(report_loss);
        let roster = Roster::default();

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
        let mut workers = JoinSet::new();
        for subscription in subscriptions {
            let worker = Worker {
                subscription,
                plan: Arc::clone(plan),
                outbox: Arc::clone(&outbox),
                roster: roster.clone(),
                orders: ordered.clone(),
                loss: loss.clone(),
            };
            workers.spawn(worker.run());
        }
        let mut settler = JoinSet::new();
        let channel = RequestChannel { publisher: channel.publisher(), channel };
        settler.spawn(async move {
            if let Err(error) = settle(channel, to_settle).await {
                loss.report(error);
            }
        });
        Ok(Self { connection, workers, direct_replier, direct, settler, settlements, orders, lost, roster })
    }

    /// Resolves when channel or connection are lost, with the reason.
    pub(super) async fn lost(&mut self) -> BrokerError {
        tokio::select! {
            biased;
            Ok(lost) = self.lost.wait_for(Option::is_some) => lost.clone(),
            // They end by reporting a loss, or when told to: this one has panicked.
            _ = self.workers.join_next() => None,
            _ = self.direct_replier.join_next() => None,
            _ = self.settler.join_next() => None,
        }
        .unwrap_or_else(|| BrokerError::new(None, "a task of the server has panicked"))
    }

    /// Why the broker takes no messages on the connection, and when that changes.
    pub(super) fn watch_blocked(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.connection.findings().watch_blocked()
    }

    /// Takes nothing new, finishes what it has within `drain_timeout`, cancels the rest, and closes the connection.
    ///
    /// # Errors
    /// When the connection was lost before everything was settled.
    pub(super) async fn drain(mut self, drain_timeout: Duration) -> Result<ShutdownReport, ServeError> {
        self.orders.send_replace(Order::Drain);
        let mut abandoned = Vec::new();
        if tokio::time::timeout(drain_timeout, all_of(&mut self.workers)).await.is_err() {
            abandoned = self.roster.list();
            self.orders.send_replace(Order::Abandon);
            if tokio::time::timeout(CANCEL_TIMEOUT, all_of(&mut self.workers)).await.is_err() {
                self.workers.shutdown().await;
            }
        }
        let settled = tokio::time::timeout(SETTLE_TIMEOUT, self.settle_all()).await.is_ok();
        self.connection.close().await;
        if let Some(lost) = self.lost.borrow().clone() {
            return Err(ServeError::Disconnected(lost));
        }
        if !settled {
            let reason = "the broker did not take the last replies in time";
            return Err(ServeError::Disconnected(BrokerError::new(None, reason)));
        }
        Ok(ShutdownReport { abandoned })
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
    async fn without_any(plan: &Plan, connection: &Connection) -> Result<Self, TopologyError> {
        let refused =
            |source| TopologyError { touch: Touch::ConsumeQueue, name: plan.queues[0].name.clone(), source };
        let channel = connection.open_data_channel().await.map_err(refused)?;
        let subscribe = |queue| Subscription::new(Arc::clone(queue), connection.clone(), channel.clone());
        Ok(Self { subscriptions: plan.queues.iter().map(subscribe).collect(), channel })
    }
}

async fn all_of(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
