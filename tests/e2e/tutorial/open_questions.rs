//! Questions that the tutorial leaves open: no server, timeouts, many calls at once, methods that block, lost
//! connections.

use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use amqp_rpc::{CallError, Client, ConnectOptions, Execution, Server, error::Phase, rpc_service};
use futures_util::future::join_all;
use lapin::{options::QueueDeclareOptions, types::FieldTable};

use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate, until_connecting},
    support::{Proxy, RawPeer, Vhost, await_until, proxy::Toward, until_expired, within},
    tutorial::{TutorialClient, foreign_server_and_client, seed_shape, serve_tutorial},
};

#[tokio::test]
async fn a_call_without_a_queue_is_unroutable_at_once() {
    let vhost = Vhost::create().await;
    let client = Client::builder().timeout(Duration::from_secs(3600)).connect(vhost.uri()).await.unwrap();
    let error = within("the refusal", TutorialClient::new(client).fib(30)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(nobody) if nobody.routing_key() == "rpc_queue"),
        "{error:?}"
    );
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
}

#[tokio::test]
async fn a_call_to_a_queue_without_consumer_times_out_and_its_request_expires() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 4).await;
    let gates = GateClient::new(connect(&vhost).await);
    // The first call of an epoch looks for the exchange; later ones are sent at once.
    gates.echo(0).await.unwrap();
    within("the shutdown", server.shutdown()).await.unwrap();

    let error = gates.pass(1).timeout(Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::Sent), "{error:?}");
    await_until("the request has expired", || async { vhost.existing_queue("gate").await.is_settled() })
        .await;
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0, "it is not needed");

    let _server = serve_gate(&vhost, &gate, 4).await;
    assert_eq!(gates.echo(2).await.unwrap(), 2);
    assert_eq!(gate.started(), 0, "an abandoned request does not run later");
}

#[tokio::test]
async fn a_late_reply_is_ignored() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;
    let error = tutorial.fib(1).timeout(Duration::from_millis(100)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout(timeout) if timeout.after() == Duration::from_millis(100)),
        "{error:?}"
    );
    assert_eq!(error.execution(), Execution::Unknown);

    let late = server.next().await;
    let next = tokio::spawn(tutorial.fib(2));
    let request = server.next().await;
    server.answer(&late, 11).await;
    server.answer(&request, 22).await;
    assert_eq!(within("the next call", next).await.unwrap().unwrap(), 22);
    assert_eq!(client.stats().late_replies, 1);
}

#[tokio::test]
async fn a_call_in_flight_outlives_every_handle_of_its_client() {
    let vhost = Vhost::create().await;
    let (mut server, client, tutorial) = foreign_server_and_client(&vhost).await;
    let answered = tokio::spawn(tutorial.fib(1));
    let timed_out = tokio::spawn(tutorial.fib(2).timeout(Duration::from_millis(300)));
    let requests = server.requests.collect(2).await;
    drop((client, tutorial));

    let first = requests.iter().find(|request| request.text() == "1").expect("both calls were sent");
    server.answer(first, 11).await;
    assert_eq!(within("the answer", answered).await.unwrap().unwrap(), 11);
    let error = within("the timeout", timed_out).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
}

#[tokio::test]
async fn a_request_that_waited_too_long_behind_others_does_not_run() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let gates = GateClient::new(connect(&vhost).await);
    let slow = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    gates.pass(2).timeout(Duration::from_millis(100)).await.unwrap_err();
    until_expired(&vhost, "gate", Duration::from_millis(100)).await;
    gate.open_for(2);
    assert_eq!(within("the slow call", slow).await.unwrap().unwrap(), 1);
    assert_eq!(within("a later call", gates.echo(3)).await.unwrap(), 3);
    assert_eq!(gate.started(), 1);
}

#[tokio::test]
async fn many_calls_of_one_client_are_in_flight_at_once() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 200).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());

    let calls: Vec<_> = (0..200).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(200).await;
    assert_eq!((client.stats().in_flight, vhost.connections().await), (200, 2));
    gate.open_for(200);
    let answers = within("the calls", join_all(calls)).await;
    assert!((0..).zip(answers).all(|(tag, answer)| answer.unwrap().unwrap() == tag));
}

#[rpc_service]
trait Heavy {
    /// Occupies its thread until the test lets it go.
    #[rpc(blocking)]
    fn grind(&self) -> String;
}

struct Mill(Mutex<mpsc::Receiver<()>>);

impl Heavy for Mill {
    fn grind(&self) -> String {
        let signal = self.0.lock().expect("only one call grinds");
        format!("{:?}", signal.recv_timeout(Duration::from_secs(60)))
    }
}

// A single-threaded runtime: a method that blocked it would stop the heartbeats.
#[tokio::test(flavor = "current_thread")]
async fn a_method_that_blocks_does_not_stop_the_heartbeats() {
    const HEARTBEAT_BYTES: usize = 8;
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let (done, signal) = mpsc::channel();
    let options = ConnectOptions::new(proxy.uri()).heartbeat(Duration::from_secs(1));
    let server = Server::new().service(HeavyServer::new(Mill(signal.into()))).start(options).await.unwrap();
    let heavy = HeavyClient::new(connect(&vhost).await);
    let call = tokio::spawn(heavy.grind());
    await_until("the method runs", || async { vhost.existing_queue("heavy").await.unacked == 1 }).await;

    // The broker closes the connection of a peer that misses two heartbeats.
    let before = proxy.bytes(Toward::Broker);
    await_until("five heartbeats were sent", || async {
        proxy.bytes(Toward::Broker) >= before + 5 * HEARTBEAT_BYTES
    })
    .await;
    done.send(()).unwrap();
    assert_eq!(within("the call", call).await.unwrap().unwrap(), "Ok(())");
    assert_eq!(proxy.connections(), 1);
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn both_sides_notice_that_their_connection_is_lost() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(crate::services::GateServer::new(gate.clone()));
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let client = within("the client", Client::connect(proxy.uri())).await.unwrap();
    let call = tokio::spawn(GateClient::new(client.clone()).pass(1).timeout(Duration::from_secs(3600)));
    gate.until_running(1).await;

    proxy.refuse(true);
    proxy.cut();
    let error = within("the call to fail", call).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
    until_connecting(&server).await;
    assert!(!client.is_connected());
}

#[tokio::test]
async fn a_call_waits_in_an_existing_queue_until_a_server_starts() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue("rpc_queue", QueueDeclareOptions::default(), FieldTable::default()).await;
    let tutorial = TutorialClient::new(connect(&vhost).await);
    let waiting = tokio::spawn(tutorial.fib(30));
    await_until("the request waits", || async { vhost.existing_queue("rpc_queue").await.ready == 1 }).await;
    let _server = serve_tutorial(&vhost, seed_shape()).await;
    assert_eq!(within("the answer", waiting).await.unwrap().unwrap(), 832_040);
}
