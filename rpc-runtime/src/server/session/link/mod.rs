//! One epoch of a server: a connection, the consumers on it, and the calls that came over it.

mod apply;

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, Connection, DataChannel, TopologyError, Touch, chain};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::workers::{Workers, all_of};
use crate::{
    error::{ChangeError, ServeError, StartError},
    server::{
        consume::{LinkFailure, QueueConsumer},
        reply::{
            DirectCommand, DirectReplySender, ReplySinks, RequestChannel, Settlement, Settlements, settle,
        },
        services::{Change, ServiceSet},
        settings::{QueueKind, Settings},
        shutdown_report::ShutdownReport,
        topology::explain,
    },
};

/// How long the last replies and acknowledgements may take to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves while its channel stands. Dropped, it cancels its calls and leaves the connection: what is not settled, the broker
/// delivers again.
pub(crate) struct Link {
    settings: Arc<Settings>,
    connection: Connection,
    channel: DataChannel,
    workers: Workers,
    /// What waits for calls of what was removed.
    removals: JoinSet<()>,
    direct_replier: JoinSet<()>,
    direct: mpsc::UnboundedSender<DirectCommand>,
    settler: JoinSet<()>,
    settlements: Settlements,
    loss: LinkFailure,
    lost: watch::Receiver<Option<BrokerError>>,
}

impl Link {
    /// The first one: every queue must be there.
    pub(crate) async fn first(
        settings: &Arc<Settings>,
        services: &ServiceSet,
        connection: Connection,
    ) -> Result<Self, StartError> {
        let prepare = async {
            services.declare(&connection, settings.declare).await?;
            let mut consumers = Consumers::without_any(settings, services, &connection).await?;
            let patience = connection.attempt_timeout();
            for consumer in &mut consumers.consumers {
                if consumer.queue.kind == QueueKind::Listener {
                    consumer.prepare(patience).await?;
                }
                consumer.consume().await?;
            }
            Ok(consumers)
        };
        let prepared = prepare.await;
        Self::begin(settings, connection, prepared).await
    }

    /// A later one: a queue that is refused is tried again while the others are served, unless all of them are. `consuming` turns true
    /// with the first consumer.
    ///
    /// When it is the consumer that is refused, the attempt has failed, and the next one leaves that queue to its worker.
    pub(crate) async fn next(
        settings: &Arc<Settings>,
        services: &ServiceSet,
        connection: Connection,
        consuming: &watch::Sender<bool>,
    ) -> Result<Self, StartError> {
        let prepare = async {
            let mut consumers = Consumers::without_any(settings, services, &connection).await?;
            let mut refused = Vec::new();
            // All together have half of the attempt's time.
            let queues = u32::try_from(consumers.consumers.len()).unwrap_or(u32::MAX).max(1);
            let patience = connection.attempt_timeout() / queues / 2;
            let (consume_denied, trusted): (Vec<_>, Vec<_>) =
                consumers.consumers.iter_mut().partition(|consumer| consumer.queue.is_consume_denied());
            let mut consumes = false;
            for consumer in trusted.into_iter().chain(consume_denied) {
                if consumes && consumer.queue.is_consume_denied() {
                    break;
                }
                match consumer.prepare(patience).await {
                    Ok(()) => {
                        consuming.send_replace(true);
                        consumer.consume().await?;
                        consumes = true;
                    }
                    Err(error) if connection.is_connected() => {
                        let (queue, of) = (&consumer.queue.name, &error.name);
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
        Self::begin(settings, connection, prepared).await
    }

    async fn begin(
        settings: &Arc<Settings>,
        connection: Connection,
        prepared: Result<Consumers, TopologyError>,
    ) -> Result<Self, StartError> {
        let Consumers { channel, consumers } = match prepared {
            Ok(consumers) => consumers,
            Err(error) => {
                let error = explain(error, connection.user_as_shown());
                connection.close().await;
                return Err(error);
            }
        };
        let (settlements, to_settle) = mpsc::unbounded_channel();
        let (report_loss, lost) = watch::channel(None);
        let loss = LinkFailure(report_loss);

        let (direct, answers) = mpsc::unbounded_channel();
        let mailbox = (direct.clone(), answers);
        let direct_replies =
            DirectReplySender::new(&connection, channel.clone(), mailbox, settlements.clone(), settings);
        let mut direct_replier = JoinSet::new();
        direct_replier.spawn(direct_replies.run());
        let sinks = Arc::new(ReplySinks {
            settlements: settlements.clone(),
            direct: direct.clone(),
            max_reply_bytes: settings.max_reply_bytes,
            failures: Arc::clone(&settings.failures),
        });
        let mut workers = Workers::new(Arc::clone(settings), sinks, loss.clone());
        for consumer in consumers {
            workers.spawn(consumer);
        }
        let mut settler = JoinSet::new();
        let request_channel = RequestChannel { publisher: channel.publisher(), channel: channel.clone() };
        let of_settler = loss.clone();
        settler.spawn(async move {
            if let Err(error) = settle(request_channel, to_settle).await {
                of_settler.report(error);
            }
        });
        let removals = JoinSet::new();
        Ok(Self {
            settings: Arc::clone(settings),
            connection,
            channel,
            workers,
            removals,
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
            failed = self.workers.failed(&self.connection) => failed,
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
            self.workers.reassign(queue);
        }
        let shared = change.touched().map(|queue| &*queue.key);
        let removal = self.workers.let_go(change.leaving.clone(), change.given_up(), shared, done);
        while self.removals.try_join_next().is_some() {}
        self.removals.spawn(removal.complete(drain_timeout));
    }

    /// Takes nothing new, finishes what it has within `drain_timeout`, cancels the rest, and closes the connection.
    ///
    /// # Errors
    /// When the connection was lost before everything was settled.
    pub(crate) async fn drain(mut self, drain_timeout: Duration) -> Result<ShutdownReport, ServeError> {
        let report = self.workers.drain(drain_timeout).await;
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
        let _ = self.direct.send(DirectCommand::Stop);
        all_of(&mut self.direct_replier).await;
        let _ = self.settlements.send(Settlement::Stop);
        all_of(&mut self.settler).await;
    }
}

/// The consumers of all queues, on one channel.
struct Consumers {
    channel: DataChannel,
    consumers: Vec<QueueConsumer>,
}

impl Consumers {
    /// A channel, and for every queue what will consume it.
    async fn without_any(
        settings: &Settings,
        services: &ServiceSet,
        connection: &Connection,
    ) -> Result<Self, TopologyError> {
        let first = || services.queues.first().map_or(String::new(), |queue| queue.name.clone());
        let refused = |source| TopologyError { touch: Touch::ConsumeQueue, name: first(), source };
        let channel = connection.open_data_channel().await.map_err(refused)?;
        let queues = services.queues.iter().map(|queue| queue.for_connection(&settings.namespace));
        let consumers =
            queues.map(|queue| QueueConsumer::new(queue, connection.clone(), channel.clone())).collect();
        Ok(Self { consumers, channel })
    }
}
