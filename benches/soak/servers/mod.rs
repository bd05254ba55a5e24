//! The servers: each is started again after it was shut down, was killed, or has failed.

mod call_services;
mod message_services;

pub(crate) use call_services::{
    EXPECTED_PANIC, OldWorkClient, Refused, UnservedClient, VaultClient, WorkClient, answer_to,
};
pub(crate) use message_services::{ArchiveClient, NewsClient, PostClient};

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    ConnectOptions, RunningServer, Server, Subscription,
    error::StartError,
    middleware,
    server::{QueueOptions, QueueType},
};
use tokio::{sync::mpsc, task::JoinSet};

use self::{
    call_services::{CallHandler, VaultServer, WorkServer, refuse_some},
    message_services::{
        ArchiveServer, MessageHandler, NewsReported, NewsReportedAgain, NewsReportedOnce, NewsServer,
        PostServer,
    },
};
use crate::ledgers::{calls::CallLedger, journal::Journal, message_kinds::Receiver, messages::MessageLedger};

/// How a server is stopped, and the pause before it is started again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    ShutDown(Duration),
    /// Dropped in the middle of its work.
    Kill(Duration),
}

#[derive(Debug, Default)]
pub(crate) struct ServerCounts {
    pub(crate) started: AtomicU64,
    /// Attempts to start that failed.
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
    stops: Vec<mpsc::UnboundedSender<Stop>>,
    pub(crate) server_counts: Arc<ServerCounts>,
}

impl Servers {
    /// Starts this many, and returns when all serve.
    pub(crate) async fn start(
        number: usize,
        uri: &str,
        ledger: &Arc<CallLedger>,
        messages: &Arc<MessageLedger>,
    ) -> Result<Self, StartError> {
        let server_counts = Arc::new(ServerCounts::default());
        let mut servers =
            Self { slots: JoinSet::new(), stops: Vec::new(), server_counts: Arc::clone(&server_counts) };
        for number in 0..number {
            let slot = Slot {
                number,
                uri: uri.to_owned(),
                journal: Arc::clone(&ledger.journal),
                ledger: Arc::clone(ledger),
                messages: Arc::clone(messages),
                server_counts: Arc::clone(&server_counts),
            };
            let first = slot.server().await?;
            let (stop, stops) = mpsc::unbounded_channel();
            servers.stops.push(stop);
            servers.slots.spawn(slot.run(first, stops));
        }
        Ok(servers)
    }

    pub(crate) fn len(&self) -> usize {
        self.stops.len()
    }

    pub(crate) fn stop(&self, server: usize, stop: Stop) {
        // Its slot lives as long as this.
        let _ = self.stops[server].send(stop);
    }

    /// Shuts all down, in an orderly way.
    pub(crate) async fn finish(mut self) {
        self.stops.clear();
        while self.slots.join_next().await.is_some() {}
    }
}

struct Slot {
    number: usize,
    uri: String,
    journal: Arc<Journal>,
    ledger: Arc<CallLedger>,
    messages: Arc<MessageLedger>,
    server_counts: Arc<ServerCounts>,
}

impl Slot {
    async fn run(self, first: RunningServer, mut stops: mpsc::UnboundedReceiver<Stop>) {
        let mut server = first;
        loop {
            let stop = tokio::select! {
                failure = server.failed() => {
                    self.journal.note(&format!("server {}: {failure:?}", self.number));
                    count(&self.server_counts.failed);
                    Some(Stop::Kill(Duration::ZERO))
                }
                stop = stops.recv() => {
                    if let Some(Stop::Kill(_)) = stop {
                        count(&self.server_counts.killed);
                    }
                    stop
                }
            };
            let pause = match stop {
                Some(Stop::Kill(pause)) => {
                    drop(server);
                    pause
                }
                Some(Stop::ShutDown(pause)) => {
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
        count(&self.server_counts.shut_down);
        match server.shutdown().await {
            Ok(report) => {
                self.server_counts.abandoned.fetch_add(report.abandoned.len() as u64, Ordering::Relaxed);
            }
            Err(_) => count(&self.server_counts.interrupted),
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
                    count(&self.server_counts.not_started);
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn server(&self) -> Result<RunningServer, StartError> {
        let worker = CallHandler { ledger: Arc::clone(&self.ledger) };
        let quorum = QueueOptions::new().queue_type(QueueType::Quorum).delivery_limit(1000);
        let options = ConnectOptions::new(&self.uri)
            .name(format!("server-{}", self.number))
            .wait_for_broker(Duration::from_secs(5));
        let handler = |receiver| MessageHandler { receiver, messages: Arc::clone(&self.messages) };
        let audit = to_all(Subscription::group("audit"));
        let europe = Subscription::group("europe")
            .to::<NewsReported>(["eu.*"])
            .to::<NewsReportedAgain>(["eu.*"])
            .to::<NewsReportedOnce>(["eu.*"])
            .queue_options(quorum.clone());
        let mut server = Server::new()
            .service(WorkServer::new(worker.clone()))
            .service_with(VaultServer::new(worker), quorum.clone())
            .service(PostServer::new(handler(Receiver::Post)))
            .service_with(ArchiveServer::new(handler(Receiver::Archive)), quorum)
            .subscribe(NewsServer::new(handler(Receiver::Audit)), audit)
            .subscribe(NewsServer::new(handler(Receiver::Europe)), europe);
        if self.number == 0 {
            let screen = NewsServer::new(handler(Receiver::Listener));
            server = server.subscribe(screen, to_all(Subscription::listener()));
        }
        let server = server
            .layer(middleware::from_fn(refuse_some))
            .drain_timeout(Duration::from_secs(2))
            .start(options)
            .await?;
        count(&self.server_counts.started);
        Ok(server)
    }
}

fn to_all(subscription: Subscription) -> Subscription {
    subscription.to_all::<NewsReported>().to_all::<NewsReportedAgain>().to_all::<NewsReportedOnce>()
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
