//! A link: one connection with its consumers, the calls that came over it, and the tasks that settle them.

mod apply;
mod open;

use std::{sync::Arc, time::Duration};

use amqp_rpc_transport::{Broker, BrokerError, Connection, DataChannel, chain};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use self::apply::unbind;
use super::workers::{ReplacedPlan, Workers, join_all};
use crate::{
    error::ServeError,
    server::{
        begun::LinkMessages,
        consume::QueueConsumer,
        link_failure::LinkFailure,
        reply::{
            DeadLetterCommand, DeadLetterSender, DirectCommand, DirectReplySender, InFlightCalls, ReplySinks,
            RequestChannel, Settlement, Settlements, settle,
        },
        services::{Change, ChangeReply, QueueKind},
        settings::Settings,
        shutdown_report::ShutdownReport,
    },
};

/// How long the last replies and acknowledgements may take to be written.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves as long as its channel is open. Dropped, it cancels its calls and closes the connection: what is
/// not settled, the broker delivers again.
pub(crate) struct Link {
    settings: Arc<Settings>,
    connection: Connection,
    channel: DataChannel,
    workers: Workers,
    /// Tasks that wait for the calls of removed services.
    removals: JoinSet<()>,
    direct_replies: JoinSet<()>,
    direct: mpsc::UnboundedSender<DirectCommand>,
    dead_letter_sender: JoinSet<()>,
    dead_letters: mpsc::UnboundedSender<DeadLetterCommand>,
    settler: JoinSet<()>,
    settlements: Settlements,
    _begun: LinkMessages,
    failure: LinkFailure,
    lost: watch::Receiver<Option<BrokerError>>,
}

/// The consumers of all queues, on one channel.
struct Consumers {
    channel: DataChannel,
    of_queues: Vec<QueueConsumer>,
}

impl Link {
    /// Spawns the tasks of a connection whose queues are consumed.
    fn spawn(settings: &Arc<Settings>, connection: Connection, consumers: Consumers) -> Self {
        let Consumers { channel, of_queues } = consumers;
        let (settlements, to_settle) = mpsc::unbounded_channel();
        let (direct, commands) = mpsc::unbounded_channel();
        let failure = LinkFailure::new();
        let lost = failure.subscribe();

        let replies = DirectReplySender::new(
            &connection,
            channel.clone(),
            direct.clone(),
            commands,
            settlements.clone(),
            failure.clone(),
            settings,
        );
        let (dead_letters, to_keep) = mpsc::unbounded_channel();
        let keeping = DeadLetterSender::new(
            connection.clone(),
            to_keep,
            settlements.clone(),
            direct.clone(),
            failure.clone(),
        );
        let dead_letter_sender = spawned(keeping.run());
        let begun = LinkMessages::begin(&settings.remembered, connection.broker(), &channel);
        let sinks = Arc::new(ReplySinks {
            settlements: settlements.clone(),
            requests: RequestChannel::new(&channel, begun.on_link()),
            direct: direct.clone(),
            dead_letters: dead_letters.clone(),
            broker_keeps_rejected: connection.broker().has_all_with_x(),
            server_name: connection.name(),
            max_reply_bytes: settings.max_reply_bytes,
            begun: begun.on_link(),
            failures: Arc::clone(&settings.failures),
        });
        let mut workers = Workers::new(Arc::clone(settings), sinks, failure.clone(), &connection);
        of_queues.into_iter().for_each(|consumer| workers.spawn(consumer));
        let settler =
            spawn_settler(RequestChannel::new(&channel, begun.on_link()), to_settle, failure.clone());
        Self {
            settings: Arc::clone(settings),
            connection,
            channel,
            workers,
            removals: JoinSet::new(),
            direct_replies: spawned(replies.run()),
            direct,
            dead_letter_sender,
            dead_letters,
            settler,
            settlements,
            _begun: begun,
            failure,
            lost,
        }
    }

    /// Resolves when the channel or the connection is lost, with the reason.
    pub(super) async fn lost(&mut self) -> BrokerError {
        let lost = tokio::select! {
            biased;
            Ok(lost) = self.lost.wait_for(Option::is_some) => lost.clone(),
            failed = self.workers.failed(&self.connection) => failed,
            _ = self.direct_replies.join_next() => None,
            _ = self.dead_letter_sender.join_next() => None,
            _ = self.settler.join_next() => None,
        };
        let Some(lost) = lost else {
            return BrokerError::new(None, "a task of the server has panicked");
        };
        // Perhaps a task noticed first that the channel is closed, and not why. What ends the connection is
        // something else.
        let is_unexplained = lost.code().is_none() && self.connection.is_connected();
        match self.connection.findings().low_on_disk().filter(|_| is_unexplained) {
            Some(refusal) => refusal.clone(),
            None => self.connection.reason_of_loss(lost),
        }
    }

    /// The broker at the other end.
    pub(crate) fn broker(&self) -> Broker {
        self.connection.broker()
    }

    /// The calls that came over it.
    pub(crate) fn in_flight(&self) -> InFlightCalls {
        self.workers.in_flight()
    }

    /// Watches whether the broker blocks publishing on the connection, and for which reason.
    pub(super) fn watch_blocked(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.connection.findings().watch_blocked()
    }

    /// Stops serving what `change` removes. The calls of its services may run on for `drain_timeout`; then
    /// `reply` is sent.
    pub(super) fn remove(
        &mut self,
        change: &Change,
        drain_timeout: Duration,
        reply: ChangeReply<ShutdownReport>,
    ) {
        let mut unbound = Vec::new();
        for queue in change.touched_queues() {
            let replaced = self.workers.replace_plan(queue);
            // The bindings of other queues stay, for other servers.
            if let Some(ReplacedPlan { before, now }) =
                replaced.filter(|_| queue.kind == QueueKind::Reflection)
            {
                unbound = before.declaration.bindings_without(&now.declaration);
            }
        }
        let removal = self.workers.drain_removed(change, reply);
        let connection = self.connection.clone();
        while self.removals.try_join_next().is_some() {}
        self.removals.spawn(async move {
            // Where it is refused, this server answers that it does not serve the service any more.
            if let Err(error) = unbind(&connection, &unbound, connection.attempt_timeout()).await {
                tracing::debug!(error = %chain(&error.source), "a removed service can still be asked for");
            }
            drop(connection);
            removal.complete(drain_timeout).await;
        });
    }

    /// Takes nothing new, finishes what it has within `drain_timeout`, cancels the rest, and closes the
    /// connection.
    ///
    /// # Errors
    /// When the connection was lost before everything was settled.
    pub(super) async fn drain(mut self, drain_timeout: Duration) -> Result<ShutdownReport, ServeError> {
        let report = self.workers.drain(drain_timeout).await;
        let settled = tokio::time::timeout(SETTLE_TIMEOUT, self.settle_all()).await.is_ok();
        self.connection.close().await;
        if let Some(lost) = self.lost.borrow().clone() {
            return Err(ServeError::Disconnected(lost));
        }
        if !settled {
            let reason = "the broker did not accept the last replies in time";
            return Err(ServeError::Disconnected(BrokerError::new(None, reason)));
        }
        Ok(report)
    }

    /// Writes what is left. Calls that block their thread still hold their ends of the channels, and are not
    /// waited for.
    async fn settle_all(&mut self) {
        // First: a dead letter may be followed by a reply.
        let _ = self.dead_letters.send(DeadLetterCommand::Stop);
        join_all(&mut self.dead_letter_sender).await;
        let _ = self.direct.send(DirectCommand::Stop);
        join_all(&mut self.direct_replies).await;
        let _ = self.settlements.send(Settlement::Stop);
        join_all(&mut self.settler).await;
    }
}

fn spawn_settler(
    channel: RequestChannel,
    to_settle: mpsc::UnboundedReceiver<Settlement>,
    failure: LinkFailure,
) -> JoinSet<()> {
    spawned(async move {
        if let Err(error) = settle(channel, to_settle).await {
            failure.report(error);
        }
    })
}

/// A task that ends with the set.
fn spawned(task: impl Future<Output = ()> + Send + 'static) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    tasks
}
