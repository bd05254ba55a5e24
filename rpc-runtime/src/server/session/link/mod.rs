//! One epoch of a server: a connection, the consumers on it, and the calls that came over it.

mod apply;

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, Connection, DataChannel, TopologyError, Touch, chain};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::workers::{Staff, all_of};
use crate::{
    error::{ChangeError, ServeError, StartError},
    server::{
        consume::{Intake, Loss},
        reply::{Direct, DirectReplies, Outbox, RequestChannel, Settlement, Settlements, settle},
        services::{Change, Composition},
        settings::{Plan, QueueKind},
        shutdown_report::ShutdownReport,
        topology::explain,
    },
};

/// How long the last replies and acknowledgements may take to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves while its channel stands. Dropped, it cancels its calls and leaves the connection: what is not settled, the broker
/// delivers again.
pub(crate) struct Epoch {
    plan: Arc<Plan>,
    connection: Connection,
    channel: DataChannel,
    staff: Staff,
    /// What waits for calls of what was removed.
    departures: JoinSet<()>,
    direct_replier: JoinSet<()>,
    direct: mpsc::UnboundedSender<Direct>,
    settler: JoinSet<()>,
    settlements: Settlements,
    loss: Loss,
    lost: watch::Receiver<Option<BrokerError>>,
}

impl Epoch {
    /// The first one: every queue must be there.
    pub(crate) async fn first(
        plan: &Arc<Plan>,
        composition: &Composition,
        connection: Connection,
    ) -> Result<Self, StartError> {
        let prepare = async {
            composition.declare(&connection, plan.declare).await?;
            let mut consumers = Consumers::without_any(plan, composition, &connection).await?;
            let patience = connection.attempt_timeout();
            for intake in &mut consumers.intakes {
                if intake.queue.kind == QueueKind::Listener {
                    intake.prepare(patience).await?;
                }
                intake.consume().await?;
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
    pub(crate) async fn next(
        plan: &Arc<Plan>,
        composition: &Composition,
        connection: Connection,
        consuming: &watch::Sender<bool>,
    ) -> Result<Self, StartError> {
        let prepare = async {
            let mut consumers = Consumers::without_any(plan, composition, &connection).await?;
            let mut refused = Vec::new();
            // All together have half of the attempt's time.
            let queues = u32::try_from(consumers.intakes.len()).unwrap_or(u32::MAX).max(1);
            let patience = connection.attempt_timeout() / queues / 2;
            let (suspected, trusted): (Vec<_>, Vec<_>) =
                consumers.intakes.iter_mut().partition(|intake| intake.queue.is_suspected());
            let mut consumes = false;
            for intake in trusted.into_iter().chain(suspected) {
                if consumes && intake.queue.is_suspected() {
                    break;
                }
                match intake.prepare(patience).await {
                    Ok(()) => {
                        consuming.send_replace(true);
                        intake.consume().await?;
                        consumes = true;
                    }
                    Err(error) if connection.is_connected() => {
                        let (queue, of) = (&intake.queue.name, &error.name);
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
        let Consumers { channel, intakes } = match prepared {
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
        for intake in intakes {
            staff.hire(intake);
        }
        let mut settler = JoinSet::new();
        let request_channel = RequestChannel { publisher: channel.publisher(), channel: channel.clone() };
        let of_settler = loss.clone();
        settler.spawn(async move {
            if let Err(error) = settle(request_channel, to_settle).await {
                of_settler.report(error);
            }
        });
        let departures = JoinSet::new();
        Ok(Self {
            plan: Arc::clone(plan),
            connection,
            channel,
            staff,
            departures,
            direct_replier,
            direct,
            settler,
            settlements,
            loss,
            lost,
        })
    }

    /// Resolves when channel or connection are lost, with the reason.
    pub(crate) async fn lost(&mut self) -> BrokerError {
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
    pub(crate) fn watch_blocked(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.connection.findings().watch_blocked()
    }

    /// Serves no more what `change` removes. Its calls go on until they have finished, at most for `drain_timeout`; then `done` hears of it.
    pub(crate) fn give_up(
        &mut self,
        change: &Change,
        drain_timeout: Duration,
        done: oneshot::Sender<Result<ShutdownReport, ChangeError>>,
    ) {
        for queue in change.touched() {
            self.staff.reassign(queue);
        }
        let shared = change.touched().map(|queue| &*queue.key);
        let departure = self.staff.let_go(change.leaving.clone(), change.given_up(), shared, done);
        while self.departures.try_join_next().is_some() {}
        self.departures.spawn(departure.complete(drain_timeout));
    }

    /// Takes nothing new, finishes what it has within `drain_timeout`, cancels the rest, and closes the connection.
    ///
    /// # Errors
    /// When the connection was lost before everything was settled.
    pub(crate) async fn drain(mut self, drain_timeout: Duration) -> Result<ShutdownReport, ServeError> {
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
    intakes: Vec<Intake>,
}

impl Consumers {
    /// A channel, and for every queue what will consume it.
    async fn without_any(
        plan: &Plan,
        composition: &Composition,
        connection: &Connection,
    ) -> Result<Self, TopologyError> {
        let first = || composition.queues.first().map_or(String::new(), |queue| queue.name.clone());
        let refused = |source| TopologyError { touch: Touch::ConsumeQueue, name: first(), source };
        let channel = connection.open_data_channel().await.map_err(refused)?;
        let queues = composition.queues.iter().map(|queue| queue.for_connection(&plan.namespace));
        let intakes = queues.map(|queue| Intake::new(queue, connection.clone(), channel.clone())).collect();
        Ok(Self { intakes, channel })
    }
}
