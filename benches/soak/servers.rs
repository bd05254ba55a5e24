//! The servers: each is started again whenever it ends, whether it was told to, was killed, or has failed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    ConnectOptions, QueueOptions, QueueType, RunningServer, Server, StartError, Subscription, middleware,
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    journal::Journal,
    ledger::Ledger,
    message_ledger::MessageLedger,
    messages::Receiver,
    receivers::{
        ArchiveServer, Clerk, NewsServer, NewsToldAgainRequest, NewsToldOnceRequest, NewsToldRequest,
        PostServer,
    },
    service::{VaultServer, WorkServer, Worker, refuse_some},
};

/// What becomes of a server, and how long nobody takes its place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    ShutDown(Duration),
    /// Dropped in the middle of its work.
    Killed(Duration),
}

#[derive(Debug, Default)]
pub(crate) struct Lives {
    pub(crate) started: AtomicU64,
    /// Attempts that found no broker, or one that refused.
    pub(crate) not_started: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) shut_down: AtomicU64,
    /// Shutdowns that lost their connection on the way.
    pub(crate) interrupted: AtomicU64,
    pub(crate) killed: AtomicU64,
    pub(crate) abandoned: AtomicU64,
}

pub(crate) struct Servers {
    slots: JoinSet<()>,
    fates: Vec<mpsc::UnboundedSender<Fate>>,
    pub(crate) lives: Arc<Lives>,
}

impl Servers {
    /// Starts so many, and returns when all serve.
    pub(crate) async fn start(
        number: usize,
        uri: &str,
        ledger: &Arc<Ledger>,
        messages: &Arc<MessageLedger>,
    ) -> Result<Self, StartError> {
        let lives = Arc::new(Lives::default());
        let mut servers = Self { slots: JoinSet::new(), fates: Vec::new(), lives: Arc::clone(&lives) };
        for number in 0..number {
            let slot = Slot {
                number,
                uri: uri.to_owned(),
                journal: Arc::clone(&ledger.journal),
                ledger: Arc::clone(ledger),
                messages: Arc::clone(messages),
                lives: Arc::clone(&lives),
            };
            let first = slot.server().await?;
            let (fate, fates) = mpsc::unbounded_channel();
            servers.fates.push(fate);
            servers.slots.spawn(slot.run(first, fates));
        }
        Ok(servers)
    }

    pub(crate) fn len(&self) -> usize {
        self.fates.len()
    }

    pub(crate) fn meet(&self, server: usize, fate: Fate) {
        // Its slot lives as long as this.
        let _ = self.fates[server].send(fate);
    }

    /// Shuts all down, in an orderly way.
    pub(crate) async fn finish(mut self) {
        self.fates.clear();
        while self.slots.join_next().await.is_some() {}
    }
}

struct Slot {
    number: usize,
    uri: String,
    journal: Arc<Journal>,
    ledger: Arc<Ledger>,
    messages: Arc<MessageLedger>,
    lives: Arc<Lives>,
}

impl Slot {
    async fn run(self, first: RunningServer, mut fates: mpsc::UnboundedReceiver<Fate>) {
        let mut server = first;
        loop {
            let fate = tokio::select! {
                failure = server.failed() => {
                    self.journal.note(&format!("server {}: {failure:?}", self.number));
                    count(&self.lives.failed);
                    Some(Fate::Killed(Duration::ZERO))
                }
                fate = fates.recv() => {
                    if let Some(Fate::Killed(_)) = fate {
                        count(&self.lives.killed);
                    }
                    fate
                }
            };
            let pause = match fate {
                Some(Fate::Killed(pause)) => {
                    drop(server);
                    pause
                }
                Some(Fate::ShutDown(pause)) => {
                    self.shut_down(server).await;
                    pause
                }
                None => return self.shut_down(server).await,
            };
            tokio::time::sleep(pause).await;
            server = self.next_server().await;
        }
    }

    async fn shut_down(&self, server: RunningServer) {
        count(&self.lives.shut_down);
        match server.shutdown().await {
            Ok(report) => {
                self.lives.abandoned.fetch_add(report.abandoned.len() as u64, Ordering::Relaxed);
            }
            Err(_) => count(&self.lives.interrupted),
        }
    }

    async fn next_server(&self) -> RunningServer {
        loop {
            match self.server().await {
                Ok(server) => {
                    self.journal.note(&format!("server {} serves", self.number));
                    return server;
                }
                // Some of what is broken on purpose hits those that start.
                Err(error) => {
                    self.journal.note(&format!("server {}: {error:?}", self.number));
                    count(&self.lives.not_started);
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn server(&self) -> Result<RunningServer, StartError> {
        let worker = Worker { ledger: Arc::clone(&self.ledger) };
        let quorum = QueueOptions::new().queue_type(QueueType::Quorum).delivery_limit(1000);
        let options = ConnectOptions::new(&self.uri)
            .name(format!("server-{}", self.number))
            .wait_for_broker(Duration::from_secs(5));
        let clerk = |receiver| Clerk { receiver, messages: Arc::clone(&self.messages) };
        let audit = to_all(Subscription::group("audit"));
        let europe = Subscription::group("europe")
            .to::<NewsToldRequest>(["eu.*"])
            .to::<NewsToldAgainRequest>(["eu.*"])
            .to::<NewsToldOnceRequest>(["eu.*"])
            .queue_options(quorum.clone());
        let mut server = Server::new()
            .service(WorkServer::new(worker.clone()))
            .service_with(VaultServer::new(worker), quorum.clone())
            .service(PostServer::new(clerk(Receiver::Post)))
            .service_with(ArchiveServer::new(clerk(Receiver::Archive)), quorum)
            .subscribe(NewsServer::new(clerk(Receiver::Audit)), audit)
            .subscribe(NewsServer::new(clerk(Receiver::Europe)), europe);
        if self.number == 0 {
            let screen = NewsServer::new(clerk(Receiver::Screen));
            server = server.subscribe(screen, to_all(Subscription::listener()));
        }
        let server = server
            .layer(middleware::from_fn(refuse_some))
            .drain_timeout(Duration::from_secs(2))
            .start(options)
            .await?;
        count(&self.lives.started);
        Ok(server)
    }
}

fn to_all(subscription: Subscription) -> Subscription {
    subscription.to_all::<NewsToldRequest>().to_all::<NewsToldAgainRequest>().to_all::<NewsToldOnceRequest>()
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
