//! Requests of every form: several in one message, large, compressed, and with a key that panics.

use std::{
    borrow::Cow,
    sync::{Condvar, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, FaultCode, Server,
    codec::{Compression, Encoding},
    contract::LockKey,
    rpc_service,
    server::Locks,
};
use futures_util::future::join_all;
use lapin::BasicProperties;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::Operator;
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, intervals::overlaps, within},
};

/// The contract of before it had locks: its clients send several calls in one message.
#[rpc_service(name = "clusters")]
trait Earlier {
    async fn start(&self, id: u64, tag: u64) -> u64;
    async fn echo(&self, tag: u64) -> u64;
}

#[tokio::test]
async fn calls_of_one_message_are_locked_singly_and_in_their_order() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(operator.server().coalesce(16), &vhost).await;
    let client = Client::builder().coalesce(16).connect(vhost.uri());
    let clusters = EarlierClient::new(within("the client", client).await.unwrap());
    // The server has to say that it takes them.
    operator.gate.open_for(1);
    within("a call", clusters.start(2, 0)).await.unwrap();
    let calls = tokio::spawn(join_all((0..40).map(|tag| clusters.start(tag % 2, tag))));
    await_until("all but two are parked", || async { server.stats().parked_calls == 38 }).await;
    let messages = vhost.existing_queue("clusters").await.unacked;
    assert!(messages < 40, "they are in {messages} messages");
    within("a call without a lock", clusters.echo(1)).await.unwrap();
    operator.gate.open_for(40);
    assert!(within("the calls", calls).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(operator.intervals.order_of(0), (0..20).map(|n| 2 * n).collect::<Vec<_>>());
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

/// A key that is not read from every text.
#[derive(Debug, Serialize, Deserialize)]
struct Name(String);

impl LockKey for Name {
    fn lock_key(&self) -> Cow<'_, str> {
        assert_ne!(self.0, "unlucky", "there is no key");
        if self.0 == "slow" {
            SLOW_KEY.read();
        }
        Cow::Borrowed(&self.0)
    }
}

static SLOW_KEY: SlowKey = SlowKey { state: Mutex::new((false, false)), changed: Condvar::new() };

/// A key that takes its time to be read: until the test lets it go on.
struct SlowKey {
    /// Whether it is being read, and whether it may be.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl SlowKey {
    fn read(&self) {
        let mut state = self.state.lock().expect("no test panics with it");
        state.0 = true;
        let read = self
            .changed
            .wait_timeout_while(state, Duration::from_secs(30), |state| !state.1)
            .expect("no test panics with it");
        assert!(!read.1.timed_out());
    }

    fn is_being_read(&self) -> bool {
        self.state.lock().expect("no test panics with it").0
    }

    fn go_on(&self) {
        self.state.lock().expect("no test panics with it").1 = true;
        self.changed.notify_all();
    }
}

/// Texts of any size.
#[rpc_service]
trait Texts {
    #[rpc(lock = "name")]
    async fn keep(&self, name: Name, text: String) -> usize;
    /// Without a lock.
    async fn measure(&self, text: String) -> usize;
}

impl Texts for Operator {
    async fn keep(&self, name: Name, text: String) -> usize {
        self.operate(name.0, 0).await;
        text.len()
    }

    async fn measure(&self, text: String) -> usize {
        text.len()
    }
}

fn name(name: &str) -> Name {
    Name(name.into())
}

#[tokio::test]
async fn a_parked_large_request_takes_no_room_of_those_that_run() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    // Room for one of them.
    let server = Server::new().service(TextsServer::new(operator.clone())).max_bytes_in_flight(50_000);
    let server = start(server, &vhost).await;
    let texts = TextsClient::new(connect(&vhost).await);
    let small = tokio::spawn(texts.keep(name("a"), "small".into()));
    operator.gate.until_running(1).await;
    let large = || "x".repeat(40_000);
    let parked = tokio::spawn(join_all((0..3).map(|_| texts.keep(name("a"), large()))));
    await_until("they are parked", || async { server.stats().parked_calls == 3 }).await;
    assert_eq!(within("another large one", texts.measure(large())).await.unwrap(), 40_000);
    operator.gate.open_for(4);
    within("the small one", small).await.unwrap().unwrap();
    assert!(within("the large ones", parked).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn compressed_requests_are_locked_by_what_is_in_them() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let server = start(Server::new().service(TextsServer::new(operator.clone())), &vhost).await;
    let client = Client::builder().compression(Compression::new(Encoding::Gzip)).connect(vhost.uri());
    let texts = TextsClient::new(within("the client", client).await.unwrap());
    let calls = ["a", "b", "a"].map(|key| texts.keep(name(key), "x".repeat(40_000)));
    let calls = tokio::spawn(join_all(calls));
    operator.gate.until_running(2).await;
    await_until("the third is parked", || async { server.stats().parked_calls == 1 }).await;
    operator.gate.open_for(3);
    assert!(within("the calls", calls).await.unwrap().into_iter().all(|kept| kept.unwrap() == 40_000));
    assert_eq!(overlaps(&operator.intervals.all()), []);
}

#[tokio::test]
async fn a_key_that_panics_is_a_panic_of_its_call_alone() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _server = start(Server::new().service(TextsServer::new(operator.clone())), &vhost).await;
    let texts = TextsClient::new(connect(&vhost).await);
    let error = within("the panic", texts.keep(name("unlucky"), String::new())).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Panicked), "{error:?}");
    operator.gate.open_for(1);
    within("the next one", texts.keep(name("a"), "x".into())).await.unwrap();
}

/// Serves in a runtime of its own, which a key that is read slowly stops. Ends when `stop` is sent.
fn start_apart(server: Server, uri: String) -> (oneshot::Receiver<()>, oneshot::Sender<()>, JoinHandle<()>) {
    let (started, is_started) = oneshot::channel();
    let (stop, is_stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let server = within("the server", server.start(&uri)).await.expect("it starts");
            started.send(()).expect("the test waits for it");
            is_stopped.await.expect("the test stops it");
            within("the shutdown", server.shutdown()).await.expect("it stops");
        });
    });
    (is_started, stop, thread)
}

/// Calls enter in the order of their arrival. One whose time is over does not wait until the earlier ones have.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_expires_while_an_earlier_key_is_read_is_answered_then() {
    let (slow, other) = (Vhost::create().await, Vhost::create().await);
    let operator = Operator::new();
    let locks = Locks::new();
    let server = || Server::new().service(TextsServer::new(operator.clone())).locks(&locks);
    let (is_started, stop, thread) = start_apart(server(), slow.uri());
    within("the start", is_started).await.unwrap();
    let _other = start(server(), &other).await;
    let earlier = TextsClient::new(connect(&slow).await);
    let earlier = tokio::spawn(earlier.keep(name("slow"), "x".into()));
    await_until("its key is being read", || async { SLOW_KEY.is_being_read() }).await;
    let peer = RawPeer::connect(&other.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let late = BasicProperties::default().with_reply_to(replies.queue().into()).with_expiration("400".into());
    peer.publish("amqp-rpc", "texts.keep", late, br#"{"name":"a","text":"x"}"#).await;
    let reply = replies.next().await;
    assert_eq!(reply.json()["code"], "expired", "{}", reply.text());
    assert_eq!(operator.gate.started(), 0);
    SLOW_KEY.go_on();
    operator.gate.open_for(1);
    assert_eq!(within("the earlier call", earlier).await.unwrap().unwrap(), 1);
    stop.send(()).unwrap();
    tokio::task::spawn_blocking(|| thread.join()).await.unwrap().unwrap();
    assert_eq!(operator.intervals.order_of("slow"), [0]);
}
