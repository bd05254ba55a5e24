//! Connections that have ended leave nothing behind: no socket, no queue, no memory.
#![cfg(target_os = "linux")]

mod process_memory;
mod raw_client;

use std::time::{Duration, Instant};

use amqp_rpc_broker::Broker;

use crate::{
    process_memory::{mebibytes, open_files, resident},
    raw_client::{TIMEOUT, lifecycles::Lifecycle},
};

/// The connections before the first measurement: after them allocator and runtime hold what they keep.
const WARM_UP: usize = 300;
const CONNECTIONS: usize = 2000;
/// A leak of one connection has more bytes than this: its session, its buffers or its queue.
const LEAK: usize = 1024;

#[tokio::test]
async fn thousands_of_connections_leave_nothing_behind() {
    let broker = Broker::start().await.expect("the embedded broker starts");
    let files = open_files();
    churn(&broker, WARM_UP).await;
    until_nothing_is_left(&broker, files).await;
    let before = resident();

    churn(&broker, CONNECTIONS).await;
    until_nothing_is_left(&broker, files).await;
    let growth = resident().saturating_sub(before);
    println!("{CONNECTIONS} connections: {:+.2} MiB", mebibytes(growth));
    assert!(growth < CONNECTIONS * LEAK, "{growth} bytes are left of {CONNECTIONS} connections");

    // A leak of this size would have been detected.
    let leaked: Vec<Vec<u8>> = (0..CONNECTIONS).map(|_| vec![1; LEAK]).collect();
    assert!(resident().saturating_sub(before) > CONNECTIONS * LEAK / 2, "memory is measured");
    drop(leaked);
}

async fn churn(broker: &Broker, connections: usize) {
    let uri = broker.uri();
    for lifecycle in Lifecycle::ALL.into_iter().cycle().take(connections) {
        lifecycle.run(&uri).await.unwrap_or_else(|error| panic!("{lifecycle:?}: {error}"));
    }
}

/// Waits, because the broker notices a closed socket a little later.
async fn until_nothing_is_left(broker: &Broker, files: usize) {
    let vhost = broker.vhost("/").expect("every broker has it");
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let left = (
            vhost.connection_count().await,
            vhost.queues().await.len(),
            broker.message_bytes(),
            open_files(),
        );
        if left == (0, 0, 0, files) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "connections, queues, bytes of messages, files (of {files}): {left:?}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
