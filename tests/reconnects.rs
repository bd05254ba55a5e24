//! A hundred lost connections leave no memory, threads or files behind. A separate program, because it
//! measures its process.
#![cfg(target_os = "linux")]

#[path = "../rpc-broker/tests/process_memory/mod.rs"]
mod process_memory;

use std::{fs, time::Duration};

use amqp_rpc::{Client, Server, connect::ConnectionState, rpc_service};
use amqp_rpc_broker::Broker;
use tokio::time::{Instant, timeout};

#[rpc_service]
trait Echo {
    #[rpc(idempotent)]
    async fn echo(&self, text: String) -> String;
}

struct Parrot;

impl Echo for Parrot {
    async fn echo(&self, text: String) -> String {
        text
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);
/// The memory that the allocator and the runtime may keep.
const RESERVE: usize = 8 * 1024 * 1024;

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("Linux lists the threads of a process").count()
}

/// Resets the client's connection, and waits until it has the next one. Returns how long that took.
async fn reconnect(broker: &Broker, client: &Client) -> Duration {
    let epoch = client.state().epoch().expect("it is connected");
    let mut states = client.state_changes();
    let vhost = broker.vhost("/").expect("it is there from the start");
    let connection = vhost.connection("client").await.expect("the client is connected");
    let lost = Instant::now();
    connection.reset();
    let connected = async {
        while states.current().epoch() <= Some(epoch) {
            states.changed().await.expect("the client lives");
        }
    };
    timeout(TIMEOUT, connected).await.expect("the client connects again");
    lost.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_lost_connections_leave_nothing_behind() {
    let broker = Broker::start().await.expect("the broker starts");
    let _server =
        Server::new().service(EchoServer::new(Parrot)).start(broker.uri()).await.expect("it starts");
    let options = amqp_rpc::ConnectOptions::new(broker.uri()).name("client");
    let client = Client::connect(options).await.expect("it connects");
    let echo = EchoClient::new(client.clone());
    for _ in 0..20 {
        reconnect(&broker, &client).await;
        echo.echo("warm".into()).await.expect("it is served");
    }
    let (memory, files) = (process_memory::resident(), process_memory::open_files());
    let mut outages = Vec::new();
    for _ in 0..100 {
        let pending = tokio::spawn(echo.echo("x".repeat(10_000)));
        outages.push(reconnect(&broker, &client).await);
        pending.await.expect("no call panics").expect("it is sent again where it must be");
    }
    outages.sort();
    let grown = process_memory::resident().saturating_sub(memory);
    println!(
        "100 reconnects: {:.1} MiB more, of {:.1}; outage median {:?}, longest {:?}",
        process_memory::mebibytes(grown),
        process_memory::mebibytes(memory),
        outages[50],
        outages[99],
    );
    assert!(grown < RESERVE, "{grown} bytes more after 100 reconnects");
    assert!(matches!(client.state(), ConnectionState::Ready { epoch: 121, .. }), "{:?}", client.state());

    // The last connections may still be closing.
    let deadline = Instant::now() + TIMEOUT;
    let settled = |now: usize, before: usize| now <= before + 2;
    let mut polls = tokio::time::interval(Duration::from_millis(10));
    while !settled(process_memory::open_files(), files) {
        assert!(Instant::now() < deadline, "{} files, {files} before", process_memory::open_files());
        polls.tick().await;
    }
    assert!(threads() < 20, "{} threads", threads());
}
