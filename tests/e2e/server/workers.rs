//! Workers, as in the multi-threaded pika server and client: concurrency, callers on many threads, no leaks.

use std::{thread, time::Duration};

use amqp_rpc::{CallError, Client, ConnectOptions, RunningServer, Server, rpc_service};
use futures_util::future::join_all;
use lapin::BasicProperties;
use tokio::runtime::Handle;

use crate::{
    services::{Gatekeeper, connect, start},
    support::{Proxy, RawPeer, Vhost, await_until, proxy::Toward, until_expired, within},
};

/// Adds two numbers once the test opens the gate.
#[rpc_service]
trait Adder {
    async fn sum(&self, x: i64, y: i64) -> i64;
    /// At once.
    async fn sum_now(&self, x: i64, y: i64) -> i64;
}

struct Slow(Gatekeeper);

impl Adder for Slow {
    async fn sum(&self, x: i64, y: i64) -> i64 {
        self.0.wait().await;
        x + y
    }

    async fn sum_now(&self, x: i64, y: i64) -> i64 {
        x + y
    }
}

/// Five workers, as the pika server has.
async fn serve(vhost: &Vhost, gate: &Gatekeeper) -> RunningServer {
    start(Server::new().service(AdderServer::new(Slow(gate.clone()))).concurrency(5), vhost).await
}

#[tokio::test]
async fn ten_calls_to_five_workers_run_five_at_a_time_and_get_their_own_sums() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve(&vhost, &gate).await;
    let adder = AdderClient::new(connect(&vhost).await);

    let calls: Vec<_> = (0..10).map(|n| tokio::spawn(adder.sum(n, 100 * n))).collect();
    gate.until_running(5).await;
    await_until("the others wait on the broker", || async { vhost.existing_queue("adder").await.ready == 5 })
        .await;
    gate.open_for(5);
    gate.until_started(10).await;
    gate.open_for(5);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(within("the sum", call).await.unwrap().unwrap(), 101 * n);
    }
    assert_eq!((gate.started(), gate.most_running()), (10, 5));
}

#[tokio::test]
async fn the_names_on_the_broker_are_those_of_the_contract() {
    let vhost = Vhost::create().await;
    let server = serve(&vhost, &Gatekeeper::closed()).await;
    assert_eq!(server.queues(), ["adder"]);
    assert_eq!(vhost.queues().await, ["adder", "adder.dead"]);
}

#[tokio::test]
async fn a_body_that_cannot_be_parsed_kills_no_worker() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve(&vhost, &gate).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for body in ["five,seven", "5,7", "5", "{\"x\":5}", ""] {
        for _ in 0..10 {
            let request = BasicProperties::default().with_reply_to(replies.queue().into());
            peer.publish("amqp-rpc", "adder.sum", request, body.as_bytes()).await;
        }
        for reply in replies.collect(10).await {
            assert_eq!(reply.json()["code"], "bad_request", "{body:?}");
        }
    }

    let adder = AdderClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..5).map(|n| tokio::spawn(adder.sum(n, n))).collect();
    gate.until_running(5).await;
    gate.open_for(5);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(within("the sum", call).await.unwrap().unwrap(), 2 * n);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_threads_call_through_one_client_at_once() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, &Gatekeeper::closed()).await;
    let client = connect(&vhost).await;

    let runtime = Handle::current();
    let threads: Vec<_> = (0..10)
        .map(|thread| {
            let (adder, runtime) = (AdderClient::new(client.clone()), runtime.clone());
            thread::spawn(move || {
                (0..50)
                    .all(|n| runtime.block_on(adder.sum_now(thread, 1000 * n)).unwrap() == thread + 1000 * n)
            })
        })
        .collect();
    let joined = tokio::task::spawn_blocking(|| threads.into_iter().all(|thread| thread.join().unwrap()));
    assert!(within("the threads", joined).await.unwrap(), "every thread got its own sums");
    assert_eq!(vhost.connections().await, 2, "one of the server, one of the client");
}

#[tokio::test]
async fn a_thousand_calls_leave_nothing_behind() {
    let vhost = Vhost::create().await;
    let _server = serve(&vhost, &Gatekeeper::closed()).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::connect(proxy.uri()).await.unwrap();
    let adder = AdderClient::new(client.clone());
    adder.sum_now(1, 1).await.unwrap();
    let queues = vhost.queues().await;
    // The channel that looked for the exchange may still be closing.
    await_until("one channel of each side is left", || async { vhost.channels().await == 2 }).await;
    let said = proxy.methods(Toward::Broker).len();

    for _ in 0..10 {
        // A new typed client each time, as a caller has that keeps none.
        let adder = AdderClient::new(client.clone());
        for (n, sum) in (0..).zip(join_all((0..100).map(|n| adder.sum_now(n, n))).await) {
            assert_eq!(sum.unwrap(), 2 * n);
        }
    }
    assert_eq!(vhost.queues().await, queues);
    assert_eq!(vhost.channels().await, 2);
    assert_eq!(vhost.connections().await, 2);
    assert_eq!(proxy.methods(Toward::Broker)[said..], vec!["basic.publish"; 1000]);
    assert_eq!(client.stats().in_flight, 0);
    await_until("all is settled", || async { vhost.existing_queue("adder").await.is_settled() }).await;
}

#[tokio::test]
async fn the_broker_shows_which_process_serves_a_queue() {
    let vhost = Vhost::create().await;
    let named = ConnectOptions::new(vhost.uri()).name("adder worker 7");
    let server = Server::new().service(AdderServer::new(Slow(Gatekeeper::closed())));
    let _server = within("the server", server.start(named)).await.unwrap();
    let _client = connect(&vhost).await;

    let names = vhost.connection_names().await;
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().any(|name| name == "adder worker 7"), "{names:?}");
    let this_process = format!("(pid {})", std::process::id());
    assert!(
        names.iter().any(|name| name.contains(&this_process)),
        "the default names the process: {names:?}"
    );
}

#[tokio::test]
async fn calls_to_workers_that_never_answer_time_out() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve(&vhost, &gate).await;
    let client = Client::builder().timeout(Duration::from_millis(200)).connect(vhost.uri()).await.unwrap();
    let adder = AdderClient::new(client.clone());

    // Five run and never end, five wait on the broker.
    let answers = within("the timeouts", join_all((0..10).map(|n| adder.sum(n, n)))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(CallError::Timeout(_)))), "{answers:?}");
    assert_eq!(client.stats().in_flight, 0);
    until_expired(&vhost, "adder", Duration::from_millis(200)).await;
    gate.open_for(5);
    assert_eq!(within("a later call", adder.sum_now(1, 1)).await.unwrap(), 2);
    assert!(gate.started() <= 5, "what expired in the queue never ran");
}
