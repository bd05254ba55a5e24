//! The workers of an epoch, one for every queue that is consumed: hired, told and let go while it lasts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use super::{
    calls::Calls,
    composition::MemberId,
    delivery::Outbox,
    intake::Intake,
    plan::{Plan, PlannedQueue},
    roster::Roster,
    shutdown::{AbandonedCall, ShutdownReport},
    worker::{Loss, Order, Told, Worker},
};
use crate::{amqp::Connection, error::BrokerError};

/// How long cancelled calls may take to let go. One that blocks its thread does not.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// Dropped, it cancels everything.
pub(super) struct Staff {
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

/// Where a worker is told things.
#[derive(Clone)]
struct Post {
    told: watch::Sender<Told>,
    worker: AbortHandle,
}

/// A queue that is served in another way.
pub(super) struct Reassigned {
    pub(super) before: Arc<PlannedQueue>,
    pub(super) now: Arc<PlannedQueue>,
}

/// What was removed, and has calls to finish.
pub(super) struct Departure {
    leaving: Vec<MemberId>,
    /// Of workers that end with it.
    let_go: Vec<Post>,
    /// Of workers that stay.
    shared: Vec<Post>,
    roster: Roster,
}

impl Staff {
    pub(super) fn new(plan: Arc<Plan>, outbox: Arc<Outbox>, loss: Loss) -> Self {
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
    pub(super) fn hire(&mut self, intake: Intake) {
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

    pub(super) fn serves(&self, queue: &str) -> bool {
        self.posts.contains_key(queue)
    }

    /// What a queue is called on this connection.
    pub(super) fn name_of(&self, key: &str) -> Option<String> {
        self.posts.get(key).map(|post| post.told.borrow().queue.name.clone())
    }

    /// From its next delivery on the queue is served in this way.
    pub(super) fn reassign(&self, queue: &Arc<PlannedQueue>) -> Option<Reassigned> {
        let post = self.posts.get(&queue.key)?;
        let mut before = queue.named(|| post.told.borrow().queue.name.clone());
        let now = Arc::clone(&before);
        post.told.send_modify(|told| std::mem::swap(&mut told.queue, &mut before));
        Some(Reassigned { before, now })
    }

    /// Takes nothing more from the queues `given_up`; the calls of `leaving` have to finish there, and in those that are `shared`.
    pub(super) fn let_go<'a>(
        &mut self,
        leaving: Vec<MemberId>,
        given_up: impl Iterator<Item = &'a str>,
        shared: impl Iterator<Item = &'a str>,
    ) -> Departure {
        let let_go: Vec<_> = given_up.filter_map(|queue| self.posts.remove(queue)).collect();
        for post in &let_go {
            post.order(Order::Drain);
        }
        self.left.retain(|post| post.told.receiver_count() > 0);
        self.left.extend(let_go.iter().cloned());
        let shared = shared.filter_map(|queue| self.posts.get(queue).cloned()).collect();
        Departure { leaving, let_go, shared, roster: self.roster.clone() }
    }

    /// Resolves with `None` when a worker has panicked, and when there is none left, with the loss of the connection: nobody else would
    /// notice. Other losses they report themselves.
    pub(super) async fn failed(&mut self, connection: &Connection) -> Option<BrokerError> {
        while let Some(ended) = self.workers.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                return None;
            }
        }
        Some(connection.until_lost().await)
    }

    /// Takes nothing more, and returns within `drain_timeout` and the time that cancelled calls may take.
    pub(super) async fn drain(&mut self, drain_timeout: Duration) -> ShutdownReport {
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

impl Post {
    fn order(&self, order: Order) {
        self.told.send_modify(|told| told.order = told.order.max(order));
    }
}

impl Departure {
    /// Waits for the calls to finish, and cancels them when that takes longer than `drain_timeout`.
    pub(super) async fn complete(self, drain_timeout: Duration) -> ShutdownReport {
        if tokio::time::timeout(drain_timeout, self.finish()).await.is_ok() {
            return ShutdownReport::default();
        }
        let abandoned = self.unfinished();
        for post in &self.let_go {
            post.order(Order::Abandon);
        }
        for post in &self.shared {
            post.told.send_modify(|told| told.given_up.extend(&self.leaving));
        }
        if tokio::time::timeout(CANCEL_TIMEOUT, self.finish()).await.is_err() {
            for post in &self.let_go {
                post.worker.abort();
            }
        }
        ShutdownReport { abandoned }
    }

    async fn finish(&self) {
        for post in &self.let_go {
            post.told.closed().await;
        }
        for member in &self.leaving {
            self.roster.until_left(*member).await;
        }
    }

    fn unfinished(&self) -> Vec<AbandonedCall> {
        self.leaving.iter().flat_map(|member| self.roster.list_of(*member)).collect()
    }
}

pub(super) async fn all_of(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
