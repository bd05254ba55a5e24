//! The workers of a link, one for every queue that is consumed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, Connection};
use tokio::task::JoinSet;

use super::removal::{Removal, RemovalWorkers};
use crate::server::{
    consume::{
        CANCEL_TIMEOUT, FencingTokens, PartitionWorker, QueueConsumer, Worker, WorkerHandle, WorkerParts,
    },
    control::Mode,
    link_failure::LinkFailure,
    reply::{InFlightCalls, ReplySinks},
    services::{Change, ChangeReply, QueuePlan},
    settings::Settings,
    shutdown_report::ShutdownReport,
};

/// Spawns and drains workers. Dropped, it cancels them and their calls.
pub(super) struct Workers {
    parts: WorkerParts,
    tokens: FencingTokens,
    tasks: JoinSet<()>,
    /// By the keys of their queues.
    handles: BTreeMap<String, WorkerHandle>,
    /// Workers of removed queues, which may still have calls to finish.
    draining: Vec<WorkerHandle>,
}

/// A plan of a queue that was replaced.
pub(super) struct ReplacedPlan {
    pub(super) before: Arc<QueuePlan>,
    pub(super) now: Arc<QueuePlan>,
}

impl Workers {
    pub(super) fn new(
        settings: Arc<Settings>,
        sinks: Arc<ReplySinks>,
        failure: LinkFailure,
        connection: &Connection,
    ) -> Self {
        let tokens = FencingTokens::new(connection.clone(), failure.clone());
        Self {
            parts: WorkerParts { settings, sinks, in_flight: InFlightCalls::default(), failure },
            tokens,
            tasks: JoinSet::new(),
            handles: BTreeMap::new(),
            draining: Vec::new(),
        }
    }

    /// Spawns the worker of a queue.
    pub(super) fn spawn(&mut self, consumer: QueueConsumer) {
        let key = consumer.queue.key.clone();
        let parts = self.parts.clone();
        let handle = match &consumer.queue.partition {
            None => Worker::spawn(consumer, parts, &mut self.tasks),
            Some(partition) => {
                let tokens = self.tokens.of(&partition.queue, &consumer.queue);
                PartitionWorker::spawn(consumer, parts, tokens, &mut self.tasks)
            }
        };
        self.handles.insert(key, handle);
    }

    pub(super) fn in_flight(&self) -> InFlightCalls {
        self.parts.in_flight.clone()
    }

    pub(super) fn consumes(&self, key: &str) -> bool {
        self.handles.contains_key(key)
    }

    /// The queue's name on this connection.
    pub(super) fn name_of(&self, key: &str) -> Option<String> {
        self.handles.get(key).map(WorkerHandle::queue_name)
    }

    /// Serves the queue by this plan from its next delivery on.
    pub(super) fn replace_plan(&self, queue: &Arc<QueuePlan>) -> Option<ReplacedPlan> {
        let worker = self.handles.get(&queue.key)?;
        let now = queue.named(|| worker.queue_name());
        let before = worker.replace_plan(Arc::clone(&now));
        Some(ReplacedPlan { before, now })
    }

    /// Takes nothing more from the queues that `change` removes. Returns what waits for the calls of its
    /// services: on these queues, and on those that are still consumed.
    pub(super) fn drain_removed(&mut self, change: &Change, reply: ChangeReply<ShutdownReport>) -> Removal {
        let draining: Vec<_> =
            change.removed_queues().filter_map(|queue| self.handles.remove(queue)).collect();
        for worker in &draining {
            worker.enter(Mode::Drain);
        }
        self.draining.retain(|worker| !worker.has_ended());
        self.draining.extend(draining.iter().cloned());
        let touched = change.touched_queues();
        let shared = touched.filter_map(|queue| self.handles.get(&queue.key).cloned()).collect();
        let workers = RemovalWorkers { draining, shared, failure: self.parts.failure.clone() };
        Removal::new(change.removed.clone(), workers, self.parts.in_flight.clone(), reply)
    }

    /// Resolves with `None` when a worker has panicked. When no worker is left, it resolves with the loss of
    /// the connection, which no worker reports then.
    pub(super) async fn failed(&mut self, connection: &Connection) -> Option<BrokerError> {
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                return None;
            }
        }
        Some(connection.until_lost().await)
    }

    /// Takes nothing more, and returns within `drain_timeout` and the time that cancelled calls may take.
    pub(super) async fn drain(&mut self, drain_timeout: Duration) -> ShutdownReport {
        self.enter(Mode::Drain);
        if tokio::time::timeout(drain_timeout, join_all(&mut self.tasks)).await.is_ok() {
            return ShutdownReport::default();
        }
        let abandoned = self.parts.in_flight.list();
        self.enter(Mode::Abort);
        if tokio::time::timeout(CANCEL_TIMEOUT, join_all(&mut self.tasks)).await.is_err() {
            self.tasks.shutdown().await;
        }
        ShutdownReport { abandoned }
    }

    fn enter(&self, mode: Mode) {
        for worker in self.handles.values().chain(&self.draining) {
            worker.enter(mode);
        }
    }
}

pub(super) async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
