//! A broker that stops and starts again: pending calls fail, new calls wait, client and server reconnect.
//!
//! Run: `cargo run --example reconnecting`. It brings its own broker, and stops and starts it. With
//! `AMQP_URL` it uses yours, and you do that.

mod broker;

use std::time::{Duration, Instant};

use amqp_rpc::{CallError, Client, ConnectOptions, Server, rpc_service};
use broker::BrokerToUse;

#[rpc_service]
trait Clock {
    /// How long the server has been up, in milliseconds. Calling it twice is harmless.
    #[rpc(idempotent)]
    async fn uptime(&self) -> u64;
    /// Takes its time, and may have had an effect.
    async fn ring(&self, millis: u64) -> String;
}

struct Wall(Instant);

impl Clock for Wall {
    async fn uptime(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn ring(&self, millis: u64) -> String {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        "ding".into()
    }
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
    let server = Server::new().service(ClockServer::new(Wall(Instant::now())));
    // The broker redelivers the ring after a lost connection: a shutdown need not wait for it.
    let server = server.drain_timeout(Duration::from_millis(200)).start(broker.url()).await?;
    // `any_of` takes several nodes, and uses the first that accepts the client.
    let client = Client::connect(ConnectOptions::any_of([broker.url()])).await?;
    let clock = ClockClient::new(client.clone());
    println!("the server is up for {} ms; the client is {}", clock.uptime().await?, client.state());

    // One call is in flight when the broker stops, and one is made while it is away.
    let ringing = tokio::spawn(clock.ring(60_000).timeout(Duration::from_secs(90)));
    clock.uptime().await?;
    let mut states = client.state_changes();
    println!("a ring of a minute is in flight");
    let lost = tokio::spawn(async move {
        while states.current().is_ready() && states.changed().await.is_some() {}
        states.current()
    });
    broker.interrupt().await?;
    let state = tokio::time::timeout(Duration::from_secs(60), lost).await??;
    println!("the broker stopped; the client was {state}");

    match ringing.await? {
        Err(error @ CallError::Disconnected(_)) => {
            println!("the ring {:?} run: {error}", error.execution());
        }
        other => println!("the ring was answered: {other:?}"),
    }
    let waited = Instant::now();
    let uptime = clock.uptime().await?;
    println!(
        "the next call waited {:?}; the server has been up for {uptime} ms all the same",
        waited.elapsed()
    );
    // The server may lose its connection later than the client, and answer a call before it does.
    let mut states = server.state_changes();
    let reconnected =
        async { while states.current().epoch() < Some(2) && states.changed().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), reconnected).await?;
    println!("the client is {}, and the server {}", client.state(), server.state());

    client.close().await;
    server.shutdown().await?;
    Ok(())
}
