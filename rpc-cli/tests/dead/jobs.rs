//! A broker with a service whose jobs fail until they are allowed to succeed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use amqp_rpc::{Client, RunningServer, Server, rpc_service};
use amqp_rpc_broker::{Broker, Vhost};
use tokio::{sync::mpsc, time::sleep};

use crate::support::{Home, Program, Ran, within};

#[rpc_service]
pub(super) trait Jobs {
    #[rpc(notify)]
    async fn run(&self, n: u32) -> Result<(), String>;
}

struct Worker {
    succeeds: Arc<AtomicBool>,
    ran: mpsc::UnboundedSender<u32>,
}

impl Jobs for Worker {
    async fn run(&self, n: u32) -> Result<(), String> {
        if !self.succeeds.load(Ordering::SeqCst) {
            return Err(format!("job {n} fails on purpose"));
        }
        // A test that does not look at it is over.
        let _ = self.ran.send(n);
        Ok(())
    }
}

/// A broker with the service, and a home.
pub(super) struct JobsBroker {
    broker: Broker,
    server: Option<RunningServer>,
    home: Home,
    succeeds: Arc<AtomicBool>,
    ran: mpsc::UnboundedReceiver<u32>,
}

impl JobsBroker {
    /// With so many dead letters: of the jobs 0, 1 and so on.
    pub(super) async fn with_dead(count: u32) -> Self {
        let broker = Broker::start().await.expect("the broker starts");
        let succeeds = Arc::new(AtomicBool::new(false));
        let (sender, ran) = mpsc::unbounded_channel();
        let worker = Worker { succeeds: Arc::clone(&succeeds), ran: sender };
        let server = Server::new().service(JobsServer::new(worker)).start(broker.uri()).await;
        let server = Some(server.expect("the server starts"));
        let client = JobsClient::new(Client::connect(broker.uri()).await.expect("the client connects"));
        let jobs = Self { broker, server, home: Home::create(), succeeds, ran };
        for n in 0..count {
            client.run(n).await.expect("the broker confirms it");
            // In this order.
            jobs.until_dead(n as usize + 1).await;
        }
        jobs
    }

    /// Stops the server.
    pub(super) async fn stop(&mut self) {
        let server = self.server.take().expect("it is stopped once");
        server.shutdown().await.expect("it stops");
    }

    /// From now on jobs succeed.
    pub(super) fn mend(&self) {
        self.succeeds.store(true, Ordering::SeqCst);
    }

    /// The next job that succeeded.
    pub(super) async fn next_run(&mut self) -> u32 {
        within("a job", self.ran.recv()).await.expect("the server runs")
    }

    pub(super) fn vhost(&self) -> Vhost {
        self.broker.vhost("/").expect("every broker has it")
    }

    /// The bodies of the dead letters, the oldest first.
    pub(super) async fn dead(&self) -> Vec<String> {
        let bodies = self.vhost().peek("jobs.dead").await;
        bodies.into_iter().map(|body| String::from_utf8(body).expect("it is JSON")).collect()
    }

    /// Waits until there are so many dead letters, and none is unacknowledged.
    pub(super) async fn until_dead(&self, count: usize) {
        let vhost = self.vhost();
        let until = async {
            loop {
                let queue = vhost.queue("jobs.dead").await;
                if queue.is_some_and(|queue| queue.ready == count && queue.unacked == 0) {
                    return;
                }
                sleep(std::time::Duration::from_millis(2)).await;
            }
        };
        within("the dead letters", until).await;
    }

    pub(super) fn program(&self, arguments: &[&str]) -> Program {
        self.home.program(arguments).env("AMQP_URL", &self.broker.uri())
    }

    pub(super) async fn run(&self, arguments: &[&str]) -> Ran {
        self.program(arguments).run("").await
    }

    /// The ids of the dead letters, as the command lists them.
    pub(super) async fn ids(&self) -> Vec<String> {
        let listed = self.run(&["dead", "list", "jobs"]).await.succeeded().json();
        let rows = listed.as_array().expect("it is a list").iter();
        rows.map(|row| row["id"].as_str().expect("it is text").to_owned()).collect()
    }
}

/// The body of a job.
pub(super) fn job(n: u32) -> String {
    format!("{{\"n\":{n}}}")
}
