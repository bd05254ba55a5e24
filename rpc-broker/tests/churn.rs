//! Connections that come and go leave nothing behind: no socket, no queue, no memory.
#![cfg(target_os = "linux")]

mod process_memory;
mod raw_client;

use std::time::{Duration, Instant};

use amqp_rpc_broker::Broker;

use crate::{
    process_memory::{mebibytes, open_files, resident},
    raw_client::{PATIENCE, lives::Life},
};

/// Before memory is looked at: by then allocator and runtime have what they keep.
const WARM_UP: usize = 300;
const CONNECTIONS: usize = 2000;
/// Anything that a connection leaves is more than this, in bytes: its session, its buffers, its queue.
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

    // That a leak of this size would have been seen.
    let leaked: Vec<Vec<u8>> = (0..CONNECTIONS).map(|_| vec![1; LEAK]).collect();
    assert!(resident().saturating_sub(before) > CONNECTIONS * LEAK / 2, "memory is measured");
    drop(leaked);
}

async fn churn(broker: &Broker, connections: usize) {
    let uri = broker.uri();
    for life in Life::ALL.into_iter().cycle().take(connections) {
        life.live(&uri).await.unwrap_or_else(|error| panic!("{life:?}: {error}"));
    }
}

/// The broker hears of a closed socket a little later.
async fn until_nothing_is_left(broker: &Broker, files: usize) {
    let vhost = broker.vhost("/").expect("every broker has it");
    let deadline = Instant::now() + PATIENCE;
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
