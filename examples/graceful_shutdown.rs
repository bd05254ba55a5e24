//! Stopping a server without failing a call: running calls are answered, waiting ones go to the next server.
//!
//! Run: `cargo run --example graceful_shutdown`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::time::Duration;

use amqp_rpc::{Client, Context, RunningServer, Server, error::StartError, rpc_service};
use broker::BrokerToUse;
use tokio::sync::watch;

#[rpc_service]
trait Worker {
    /// Works for `millis` milliseconds and says on which server.
    async fn work(&self, #[rpc(context)] cx: &Context, millis: u64) -> String;
}

struct Named {
    name: &'static str,
    started: watch::Sender<u32>,
}

impl Worker for Named {
    async fn work(&self, cx: &Context, millis: u64) -> String {
        self.started.send_modify(|started| *started += 1);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        let again = if cx.redelivered() { ", after another server requeued it" } else { "" };
        format!("{} ms on server {}{again}", millis, self.name)
    }
}

async fn start(
    name: &'static str,
    started: watch::Sender<u32>,
    url: &str,
) -> Result<RunningServer, StartError> {
    Server::new()
        .service(WorkerServer::new(Named { name, started }))
        .concurrency(2)
        .drain_timeout(Duration::from_millis(500))
        .start(url)
        .await
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    let (on_first, mut started) = watch::channel(0);
    let first = start("A", on_first, broker.url()).await?;
    let client = Client::connect(broker.url()).await?;
    let worker = WorkerClient::new(client.clone());

    // Two run on A at once, the others wait in the queue; one takes longer than the drain timeout of A.
    let calls: Vec<_> = [100, 900, 100, 100]
        .into_iter()
        .map(|millis| tokio::spawn(worker.work(millis).timeout(Duration::from_secs(5))))
        .collect();
    started.wait_for(|started| *started >= 2).await?;

    let second = start("B", watch::Sender::new(0), broker.url()).await?;
    let report = first.shutdown().await?;
    println!(
        "server A stopped, and requeued {:?}",
        report.abandoned.iter().map(|call| call.method).collect::<Vec<_>>()
    );
    for call in calls {
        println!("{}", call.await??);
    }

    client.close().await;
    // A server as a process of its own waits for Ctrl-C or SIGTERM instead: see fib_server.rs.
    second.shutdown().await?;
    Ok(())
}
