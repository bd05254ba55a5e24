//! Measures connections: the time until a channel is open, and the memory of many connections, sequential and
//! concurrent.
//!
//! Run: `cargo bench -p amqp-rpc-broker --bench connections [-- ONE_AFTER_ANOTHER [AT_ONCE]]`, by default
//! 10,000 and 2,000. Each connection is two open files of this process.

#[path = "../tests/process_memory/mod.rs"]
mod process_memory;
#[path = "../tests/raw_client/mod.rs"]
mod raw_client;

use std::{
    env,
    time::{Duration, Instant},
};

use amqp_rpc_broker::Broker;

use crate::{
    process_memory::{mebibytes, resident},
    raw_client::{RawClient, lifecycles::Lifecycle},
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // Cargo adds `--bench`.
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (one_after_another, at_once) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(2_000));
    let started = Instant::now();
    let broker = Broker::start().await.expect("the embedded broker starts");
    println!("the broker started in {:.2?}", started.elapsed());

    opened_one_after_another(&broker, one_after_another).await;
    lived(&broker, one_after_another).await;
    // The allocator keeps its memory, and each round touches more of the read buffers of 64 KiB: the growth
    // gets smaller with each round. The growth of a leak would not.
    for _ in 0..5 {
        open_at_once(&broker, at_once).await;
    }
    broker.shutdown().await;
}

/// Measures the time from connecting to the open channel.
async fn opened_one_after_another(broker: &Broker, connections: usize) {
    let uri = broker.uri();
    let mut times = Vec::with_capacity(connections);
    let before = resident();
    for _ in 0..connections {
        let started = Instant::now();
        let client = RawClient::connect(&uri).await.expect("it listens").open().await;
        times.push(started.elapsed());
        client.close().await;
    }
    settled(broker).await;
    times.sort_unstable();
    let (median, late) = (times[connections / 2], times[connections * 99 / 100]);
    report(&format!("{connections} opened and closed"), before, connections);
    println!("    until the channel is open: median {median:.0?}, 99 % below {late:.0?}");
}

/// Ends connections in all ways, most of them abrupt.
async fn lived(broker: &Broker, connections: usize) {
    let uri = broker.uri();
    let before = resident();
    for lifecycle in Lifecycle::ALL.into_iter().cycle().take(connections) {
        lifecycle.run(&uri).await.expect("it listens");
    }
    settled(broker).await;
    report(&format!("{connections} used, interrupted or reset"), before, connections);
}

/// Measures client and broker together, because they are one process.
async fn open_at_once(broker: &Broker, connections: usize) {
    let uri = broker.uri();
    let before = resident();
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(RawClient::connect(&uri).await.expect("it listens").open().await);
    }
    report(&format!("{connections} open at once"), before, connections);
    drop(clients);
    settled(broker).await;
    report("after they are gone", before, connections);
}

async fn settled(broker: &Broker) {
    let vhost = broker.vhost("/").expect("every broker has it");
    while vhost.connection_count().await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn report(what: &str, before: usize, connections: usize) {
    let after = resident();
    let each = after.saturating_sub(before) / connections;
    println!(
        "{what}: {:.1} MiB before, {:.1} MiB after, {each} bytes each",
        mebibytes(before),
        mebibytes(after)
    );
}
