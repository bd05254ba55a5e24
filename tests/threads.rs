//! Connecting and closing leave no thread behind. A separate program, because it counts the threads of its
//! process.
#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use amqp_rpc::{Client, ConnectOptions, client::blocking, error::ConnectError};
use amqp_rpc_broker::{Broker, faults::Direction};
use tokio::{
    net::TcpListener,
    sync::Mutex,
    time::{Instant, interval, timeout},
};

/// One test at a time: they count the same threads.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The longest time that a thread may take to end.
const AT_ONCE: Duration = Duration::from_secs(3);
/// The longest time that a broker may take to answer a close, doubled for a busy machine.
const AFTER_CLOSE: Duration = Duration::from_secs(10);

fn io_threads() -> usize {
    threads_of("lapin-io-loop")
}

fn threads_of(name: &str) -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux lists the threads of a process");
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|of| of.trim() == name).count()
}

async fn until_none_is_left(timeout: Duration) {
    let deadline = Instant::now() + timeout;
    let mut polls = interval(Duration::from_millis(10));
    while io_threads() > 0 {
        assert!(Instant::now() < deadline, "{} threads are left after {timeout:?}", io_threads());
        polls.tick().await;
    }
}

/// Accepts connections and never sends a byte. Keeps the sockets open.
async fn silent_peer() -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback has a free port");
    let uri = format!("amqp://{}", listener.local_addr().expect("a listener has an address"));
    let accepting = tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            sockets.push(socket);
        }
    });
    (uri, accepting)
}

#[tokio::test]
async fn connecting_to_a_silent_peer_leaves_no_thread() {
    let _alone = ALONE.lock().await;
    let (uri, _peer) = silent_peer().await;
    let mut attempts = tokio::task::JoinSet::new();
    for attempt in 0..20 {
        let options = ConnectOptions::new(&uri);
        let bound = Duration::from_millis(200);
        attempts.spawn(async move {
            match attempt % 3 {
                // Dropped by the caller's own timeout.
                0 => assert!(timeout(bound, Client::connect(options)).await.is_err()),
                1 => timed_out(Client::connect(options.timeout(bound)).await),
                _ => timed_out(Client::connect(options.handshake_timeout(bound)).await),
            }
        });
    }
    while let Some(attempt) = attempts.join_next().await {
        attempt.expect("the attempt ends as it should");
    }
    until_none_is_left(AT_ONCE).await;
}

fn timed_out(connected: Result<Client, ConnectError>) {
    assert!(matches!(connected, Err(ConnectError::Timeout { .. })), "{connected:?}");
}

#[tokio::test]
async fn connecting_to_a_silent_embedded_broker_leaves_no_thread() {
    let _alone = ALONE.lock().await;
    let broker = Broker::start().await.expect("the loopback has a free port");
    broker.ignore_connections(5);
    for _ in 0..5 {
        timed_out(
            Client::connect(ConnectOptions::new(broker.uri()).timeout(Duration::from_millis(100))).await,
        );
    }
    until_none_is_left(AT_ONCE).await;
    // The sixth connection is accepted.
    let client = Client::connect(broker.uri()).await.expect("the broker answers again");
    client.close().await;
    until_none_is_left(AFTER_CLOSE).await;
}

#[tokio::test]
async fn a_close_returns_and_leaves_no_thread_when_the_broker_is_silent() {
    let _alone = ALONE.lock().await;
    let broker = Broker::start().await.expect("the loopback has a free port");
    // Heartbeats would end it as well, after two minutes.
    let options = ConnectOptions::new(broker.uri()).heartbeat(Duration::from_secs(60));
    let closed = Client::connect(options.clone()).await.expect("the broker lets us in");
    let dropped = Client::connect(options).await.expect("the broker lets us in");
    assert_eq!(io_threads(), 2);
    let vhost = broker.vhost("/").expect("it is there from the start");
    let mut stalls = Vec::new();
    for connection in vhost.open_connections().await {
        stalls.push(connection.stall(Direction::FromClient));
        stalls.push(connection.stall(Direction::ToClient));
    }

    drop(dropped);
    timeout(AFTER_CLOSE, closed.close()).await.expect("the close is bounded");
    until_none_is_left(AFTER_CLOSE).await;
}

#[tokio::test]
async fn an_orderly_close_leaves_no_thread() {
    let _alone = ALONE.lock().await;
    let broker = Broker::start().await.expect("the loopback has a free port");
    for _ in 0..5 {
        let closed = Client::connect(broker.uri()).await.expect("the broker lets us in");
        let _dropped = Client::connect(broker.uri()).await.expect("the broker lets us in");
        closed.close().await;
    }
    until_none_is_left(AT_ONCE).await;
}

#[test]
fn blocking_clients_leave_no_thread_however_they_end() {
    let _alone = ALONE.blocking_lock();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let broker = runtime.block_on(Broker::start()).expect("the loopback has a free port");
    let connect = || blocking::Client::connect(broker.uri()).expect("the broker lets us in");
    let (closed, dropped, held) = (connect(), connect(), connect());
    assert_eq!((threads_of("amqp-rpc"), io_threads()), (3, 3));
    closed.close().expect("no runtime is here");
    drop((closed, dropped));
    let handle = held.handle();
    drop(held);
    runtime.block_on(async {
        let deadline = Instant::now() + AT_ONCE;
        let mut polls = interval(Duration::from_millis(10));
        while (threads_of("amqp-rpc"), io_threads()) != (1, 1) {
            assert!(
                Instant::now() < deadline,
                "{} threads are left, and {} of lapin",
                threads_of("amqp-rpc"),
                io_threads()
            );
            polls.tick().await;
        }
        // Dropping the handle inside a runtime does not block.
        drop(handle);
        until_none_is_left(AT_ONCE).await;
        while threads_of("amqp-rpc") > 0 {
            assert!(Instant::now() < deadline + AT_ONCE, "a thread is left");
            polls.tick().await;
        }
    });
}
