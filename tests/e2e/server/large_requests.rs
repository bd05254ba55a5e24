//! Large requests share what a server may decode and hold at once; others do not wait for them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc::{
    CallError, Client, Execution, Fault, FaultCode, Server,
    codec::{Compression, Encoding},
    error::StartError,
    middleware::{self, IncomingCall, Next},
    rpc_service,
};
use lapin::BasicProperties;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::{
    services::start,
    support::{RawPeer, Vhost, within},
};

/// Keeps what it is given until it is told to go on.
#[rpc_service]
trait Keep {
    async fn keep(&self, text: String) -> usize;
    /// Does not wait.
    async fn measure(&self, text: String) -> usize;
    /// Is counted among those that have begun.
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct Keeper {
    go_on: Arc<Semaphore>,
    /// How many run, and how many have begun.
    running: watch::Sender<(usize, usize)>,
}

impl Keep for Keeper {
    async fn keep(&self, text: String) -> usize {
        self.running.send_modify(|(running, begun)| (*running, *begun) = (*running + 1, *begun + 1));
        self.go_on.acquire().await.expect("it is never closed").forget();
        self.running.send_modify(|(running, _)| *running -= 1);
        text.len()
    }

    async fn measure(&self, text: String) -> usize {
        text.len()
    }

    async fn note(&self, _: String) {
        self.running.send_modify(|(_, begun)| *begun += 1);
    }
}

fn keeper() -> (KeepServer<Keeper>, Arc<Semaphore>, watch::Receiver<(usize, usize)>) {
    let go_on = Arc::new(Semaphore::new(0));
    let (running, watched) = watch::channel((0, 0));
    (KeepServer::new(Keeper { go_on: Arc::clone(&go_on), running }), go_on, watched)
}

async fn until_begun(running: &mut watch::Receiver<(usize, usize)>, begun: usize) {
    within("calls to begin", running.wait_for(|now| now.1 == begun)).await.expect("the server runs");
}

#[tokio::test]
async fn large_requests_wait_for_each_other_and_small_ones_for_none() {
    let vhost = Vhost::create().await;
    let (service, go_on, mut running) = keeper();
    let server = Server::new().service(service).max_bytes_in_flight(100_000);
    let _server = start(server, &vhost).await;
    let keep = KeepClient::new(Client::connect(vhost.uri()).await.expect("it connects"));

    let sizes = [60_000, 60_000, 500_000, 60_000];
    let calls = sizes.map(|size| tokio::spawn(keep.keep("x".repeat(size))));
    until_begun(&mut running, 1).await;
    // The requests of one queue are taken in order: the server has taken the large ones before this one.
    let small = within("a small call", keep.measure("x".repeat(10))).await;
    assert_eq!(small.expect("it is answered"), 10);
    assert_eq!(*running.borrow(), (1, 1));

    // Each one that ends makes room for the next, and no two fit; one is larger than all the room.
    for begun in 2..=4 {
        go_on.add_permits(1);
        until_begun(&mut running, begun).await;
        assert_eq!(running.borrow().0, 1);
    }
    go_on.add_permits(1);
    for (size, call) in sizes.into_iter().zip(calls) {
        assert_eq!(within("a call", call).await.expect("it does not panic").expect("it is answered"), size);
    }
}

#[tokio::test]
async fn compressed_requests_count_with_what_they_inflate_to() {
    let vhost = Vhost::create().await;
    let (service, go_on, mut running) = keeper();
    let _server = start(Server::new().service(service).max_bytes_in_flight(100_000), &vhost).await;
    let compressing = Client::builder().compression(Compression::new(Encoding::Gzip));
    let keep = KeepClient::new(compressing.connect(vhost.uri()).await.expect("it connects"));

    // Each of them has less than a hundred bytes on the wire.
    let calls = [60_000, 60_000].map(|size| tokio::spawn(keep.keep("x".repeat(size)).into_future()));
    until_begun(&mut running, 1).await;
    let small = within("a small call", keep.measure("x".into())).await;
    assert_eq!(small.expect("it is answered"), 1);
    assert_eq!(*running.borrow(), (1, 1));
    go_on.add_permits(1);
    until_begun(&mut running, 2).await;
    go_on.add_permits(1);
    for call in calls {
        within("a call", call).await.expect("it does not panic").expect("it is answered");
    }
}

#[tokio::test]
async fn a_large_notification_that_is_held_back_leaves_its_room_to_others() {
    let vhost = Vhost::create().await;
    let (service, go_on, mut running) = keeper();
    let (open, opened) = watch::channel(false);
    let (refused, mut refusals) = watch::channel(0);
    let closed = middleware::from_fn(move |call: IncomingCall, next: Next| {
        let (is_closed, refused) = (!*opened.borrow(), refused.clone());
        async move {
            if is_closed && call.method().full_name == "keep.note" {
                refused.send_modify(|refusals| *refusals += 1);
                return Err(Fault::new(FaultCode::Overloaded, "not now"));
            }
            next.run(call).await
        }
    });
    let server = Server::new().service(service).layer(closed).max_bytes_in_flight(100_000);
    let _server = start(server, &vhost).await;
    let keep = KeepClient::new(Client::connect(vhost.uri()).await.expect("it connects"));

    within("the notification", keep.note("x".repeat(60_000))).await.expect("it is confirmed");
    within("a refusal", refusals.wait_for(|refusals| *refusals >= 1)).await.expect("the layer lives");
    let call = tokio::spawn(keep.keep("x".repeat(60_000)).into_future());
    until_begun(&mut running, 1).await;
    open.send_replace(true);
    go_on.add_permits(1);
    within("the call", call).await.expect("it does not panic").expect("it is answered");
    until_begun(&mut running, 2).await;
}

#[tokio::test]
async fn a_large_request_that_waits_until_its_deadline_does_not_run() {
    let vhost = Vhost::create().await;
    let (service, go_on, mut running) = keeper();
    let server = Server::new().service(service).max_bytes_in_flight(100_000);
    let server = start(server, &vhost).await;
    let keep = KeepClient::new(Client::connect(vhost.uri()).await.expect("it connects"));
    let first = tokio::spawn(keep.keep("x".repeat(60_000)));
    until_begun(&mut running, 1).await;
    let time = Duration::from_millis(300);
    let late = tokio::spawn(keep.keep("x".repeat(60_000)).timeout(time).into_future());
    // It is sent by a task of its own, so that it comes after the late one on the wire: when it is answered
    // the server has the late one. The server counts from then, at the latest.
    let small = tokio::spawn(keep.measure("x".into()).into_future());
    within("a small call", small).await.expect("it does not panic").expect("it is answered");
    let over = Instant::now() + time;
    let error = within("the late one", late).await.expect("it does not panic").expect_err("there is no room");
    tokio::time::sleep_until(over.into()).await;
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(error.execution(), Execution::Unknown);
    go_on.add_permits(2);
    assert_eq!(within("the first", first).await.expect("it does not panic").expect("it is answered"), 60_000);
    within("the server", server.shutdown()).await.expect("it stops");
    assert_eq!(running.borrow().1, 1, "the late one has not run");
}

/// Passes its text on to the same server, by a call that inherits nothing.
#[rpc_service]
trait Relay {
    async fn relay(&self, text: String, timeout_ms: u64) -> String;
}

struct Relaying(Client);

impl Relay for Relaying {
    async fn relay(&self, text: String, timeout_ms: u64) -> String {
        let call = KeepClient::new(self.0.clone()).measure(text).detached();
        match call.timeout(Duration::from_millis(timeout_ms)).await {
            Ok(size) => format!("{size} bytes"),
            Err(error) => error.to_string(),
        }
    }
}

/// Relays a large text, by a request without a deadline. Returns what the request is answered, after another
/// large one was.
async fn relay(server: Server, timeout_ms: u64) -> String {
    let vhost = Vhost::create().await;
    let client = Client::connect(vhost.uri()).await.expect("it connects");
    let (keep, relaying) = (keeper().0, RelayServer::new(Relaying(client.clone())));
    let _server = start(server.service(keep).service(relaying).max_bytes_in_flight(100_000), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = json!({"text": "x".repeat(60_000), "timeout_ms": timeout_ms}).to_string();
    let properties = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", "relay.relay", properties, request.as_bytes()).await;
    let reply = within("the relay's answer", replies.next()).await.text().to_owned();
    let size = within("a large call", KeepClient::new(client).measure("x".repeat(60_000))).await;
    assert_eq!(size.expect("there is room again"), 60_000);
    reply
}

// There is room for one of both requests: the method waits for itself.
#[tokio::test]
async fn a_large_call_of_its_own_server_ends_by_its_timeout_where_there_is_no_deadline() {
    let reply = relay(Server::new(), 300).await;
    assert!(reply.contains("no reply"), "{reply}");
}

#[tokio::test]
async fn a_large_call_of_its_own_server_ends_by_the_time_limit_of_the_method_that_makes_it() {
    let reply = relay(Server::new().handler_timeout(Duration::from_millis(300)), 600_000).await;
    assert!(reply.contains("deadline_exceeded"), "{reply}");
}

#[tokio::test]
async fn room_for_nothing_is_refused_at_the_start() {
    let vhost = Vhost::create().await;
    let error = Server::new().service(keeper().0).max_bytes_in_flight(0).start(vhost.uri()).await;
    let error = error.expect_err("it is no limit");
    assert!(
        matches!(&error, StartError::InvalidOption(why) if why.contains("max_bytes_in_flight")),
        "{error:?}"
    );
}
