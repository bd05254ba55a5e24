//! The workers of an epoch, one for every queue that is consumed: hired, told and let go while it lasts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use amqp_rpc_transport::{BrokerError, Connection};
use tokio::{sync::watch, task::JoinSet};

use super::removal::{CANCEL_TIMEOUT, Departure};
use crate::server::{
    consume::{Intake, Loss, Order, Post, Told, Worker},
    reply::{Outbox, Roster},
    serve::Calls,
    services::{Done, MemberId},
    settings::{Plan, PlannedQueue},
    shutdown_report::ShutdownReport,
};

/// Dropped, it cancels everything.
pub(crate) struct Staff {
    plan: Arc<Plan>,
    outbox: Arc<Outbox>,
    loss: Loss,
    roster: Roster,
    workers: JoinSet<()>,
    /// By the keys of their queues.
    posts: BTreeMap<String, Post>,
    /// Of those that were let go and may still have calls to finish.
    left: Vec<Post>,
}

/// A queue that is served in another way.
pub(crate) struct Reassigned {
    pub(crate) before: Arc<PlannedQueue>,
    pub(crate) now: Arc<PlannedQueue>,
}

impl Staff {
    pub(crate) fn new(plan: Arc<Plan>, outbox: Arc<Outbox>, loss: Loss) -> Self {
        Self {
            plan,
            outbox,
            loss,
            roster: Roster::default(),
            workers: JoinSet::new(),
            posts: BTreeMap::new(),
            left: Vec::new(),
        }
    }

    /// Serves what `intake` consumes.
    pub(crate) fn hire(&mut self, intake: Intake) {
        let queue = Arc::clone(&intake.queue);
        let key = queue.key.clone();
        let (tell, told) = watch::channel(Told { order: Order::Serve, queue, given_up: Vec::new() });
        let worker = Worker {
            intake,
            plan: Arc::clone(&self.plan),
            outbox: Arc::clone(&self.outbox),
            roster: self.roster.clone(),
            told,
            loss: self.loss.clone(),
            calls: Calls::default(),
        };
        let worker = self.workers.spawn(worker.run());
        self.posts.insert(key, Post { told: tell, worker });
    }

    pub(crate) fn serves(&self, queue: &str) -> bool {
        self.posts.contains_key(queue)
    }

    /// What a queue is called on this connection.
    pub(crate) fn name_of(&self, key: &str) -> Option<String> {
        self.posts.get(key).map(|post| post.told.borrow().queue.name.clone())
    }

    /// From its next delivery on the queue is served in this way.
    pub(crate) fn reassign(&self, queue: &Arc<PlannedQueue>) -> Option<Reassigned> {
        let post = self.posts.get(&queue.key)?;
        let mut before = queue.named(|| post.told.borrow().queue.name.clone());
        let now = Arc::clone(&before);
        post.told.send_modify(|told| std::mem::swap(&mut told.queue, &mut before));
        Some(Reassigned { before, now })
    }

    /// Takes nothing more from the queues `given_up`; the calls of `leaving` have to finish there, and in those that are `shared`.
    pub(crate) fn let_go<'a>(
        &mut self,
        leaving: Vec<MemberId>,
        given_up: impl Iterator<Item = &'a str>,
        shared: impl Iterator<Item = &'a str>,
        done: Done<ShutdownReport>,
    ) -> Departure {
        let let_go: Vec<_> = given_up.filter_map(|queue| self.posts.remove(queue)).collect();
        for post in &let_go {
            post.order(Order::Drain);
        }
        self.left.retain(|post| post.told.receiver_count() > 0);
        self.left.extend(let_go.iter().cloned());
        let shared = shared.filter_map(|queue| self.posts.get(queue).cloned()).collect();
        Departure::new(leaving, let_go, shared, self.roster.clone(), done)
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
        self.order(Order::Drain);
        if tokio::time::timeout(drain_timeout, all_of(&mut self.workers)).await.is_ok() {
            return ShutdownReport::default();
        }
        let abandoned = self.roster.list();
        self.order(Order::Abandon);
        if tokio::time::timeout(CANCEL_TIMEOUT, all_of(&mut self.workers)).await.is_err() {
            self.workers.shutdown().await;
        }
        ShutdownReport { abandoned }
    }

    fn order(&self, order: Order) {
        for post in self.posts.values().chain(&self.left) {
            post.order(order);
        }
    }
}

pub(crate) async fn all_of(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
