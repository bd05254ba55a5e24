//! The workers of an epoch, one for every queue that is consumed: hired, told and let go while it lasts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, Connection};
use tokio::{sync::watch, task::JoinSet};

use super::removal::{CANCEL_TIMEOUT, Removal};
use crate::server::{
    consume::{Control, LinkFailure, Mode, QueueConsumer, Worker, WorkerHandle},
    reply::{InFlightCalls, ReplySinks},
    serve::CallTasks,
    services::{Done, ServiceId},
    settings::{QueuePlan, Settings},
    shutdown_report::ShutdownReport,
};

/// Dropped, it cancels everything.
pub(crate) struct Workers {
    settings: Arc<Settings>,
    sinks: Arc<ReplySinks>,
    loss: LinkFailure,
    in_flight: InFlightCalls,
    workers: JoinSet<()>,
    /// By the keys of their queues.
    posts: BTreeMap<String, WorkerHandle>,
    /// Of those that were let go and may still have calls to finish.
    left: Vec<WorkerHandle>,
}

/// A queue that is served in another way.
pub(crate) struct ReplacedPlan {
    pub(crate) before: Arc<QueuePlan>,
    pub(crate) now: Arc<QueuePlan>,
}

impl Workers {
    pub(crate) fn new(settings: Arc<Settings>, sinks: Arc<ReplySinks>, loss: LinkFailure) -> Self {
        Self {
            settings,
            sinks,
            loss,
            in_flight: InFlightCalls::default(),
            workers: JoinSet::new(),
            posts: BTreeMap::new(),
            left: Vec::new(),
        }
    }

    /// Serves what `intake` consumes.
    pub(crate) fn spawn(&mut self, consumer: QueueConsumer) {
        let queue = Arc::clone(&consumer.queue);
        let key = queue.key.clone();
        let (tell, told) = watch::channel(Control { mode: Mode::Serve, queue, given_up: Vec::new() });
        let worker = Worker {
            consumer,
            settings: Arc::clone(&self.settings),
            sinks: Arc::clone(&self.sinks),
            in_flight: self.in_flight.clone(),
            told,
            loss: self.loss.clone(),
            calls: CallTasks::default(),
        };
        let worker = self.workers.spawn(worker.run());
        self.posts.insert(key, WorkerHandle { told: tell, worker });
    }

    pub(crate) fn serves(&self, queue: &str) -> bool {
        self.posts.contains_key(queue)
    }

    /// What a queue is called on this connection.
    pub(crate) fn name_of(&self, key: &str) -> Option<String> {
        self.posts.get(key).map(|post| post.told.borrow().queue.name.clone())
    }

    /// From its next delivery on the queue is served in this way.
    pub(crate) fn reassign(&self, queue: &Arc<QueuePlan>) -> Option<ReplacedPlan> {
        let post = self.posts.get(&queue.key)?;
        let mut before = queue.named(|| post.told.borrow().queue.name.clone());
        let now = Arc::clone(&before);
        post.told.send_modify(|told| std::mem::swap(&mut told.queue, &mut before));
        Some(ReplacedPlan { before, now })
    }

    /// Takes nothing more from the queues `given_up`; the calls of `leaving` have to finish there, and in those that are `shared`.
    pub(crate) fn let_go<'a>(
        &mut self,
        leaving: Vec<ServiceId>,
        given_up: impl Iterator<Item = &'a str>,
        shared: impl Iterator<Item = &'a str>,
        done: Done<ShutdownReport>,
    ) -> Removal {
        let let_go: Vec<_> = given_up.filter_map(|queue| self.posts.remove(queue)).collect();
        for post in &let_go {
            post.mode(Mode::Drain);
        }
        self.left.retain(|post| post.told.receiver_count() > 0);
        self.left.extend(let_go.iter().cloned());
        let shared = shared.filter_map(|queue| self.posts.get(queue).cloned()).collect();
        Removal::new(leaving, let_go, shared, self.in_flight.clone(), done)
    }

    /// Resolves with `None` when a worker has panicked, and when there is none left, with the loss of the connection: nobody else would
    /// notice. Other losses they report themselves.
    pub(crate) async fn failed(&mut self, connection: &Connection) -> Option<BrokerError> {
        while let Some(ended) = self.workers.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                return None;
            }
        }
        Some(connection.until_lost().await)
    }

    /// Takes nothing more, and returns within `drain_timeout` and the time that cancelled calls may take.
    pub(crate) async fn drain(&mut self, drain_timeout: Duration) -> ShutdownReport {
        self.mode(Mode::Drain);
        if tokio::time::timeout(drain_timeout, all_of(&mut self.workers)).await.is_ok() {
            return ShutdownReport::default();
        }
        let abandoned = self.in_flight.list();
        self.mode(Mode::Abort);
        if tokio::time::timeout(CANCEL_TIMEOUT, all_of(&mut self.workers)).await.is_err() {
            self.workers.shutdown().await;
        }
        ShutdownReport { abandoned }
    }

    fn mode(&self, mode: Mode) {
        for post in self.posts.values().chain(&self.left) {
            post.mode(mode);
        }
    }
}

pub(crate) async fn all_of(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
