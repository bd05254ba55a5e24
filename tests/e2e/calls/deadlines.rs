//! Deadlines: the limits of callers and servers, and the cancellation of methods.

use std::time::Duration;

use amqp_rpc::{
    CallError, Execution, FaultCode, Server,
    error::{Phase, StartError},
    rpc_service,
};
use lapin::BasicProperties;
use tokio::sync::mpsc;

use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, start},
    support::{Log, RawPeer, Vhost, await_until, within},
};

/// Shorter than any other wait of these tests, and longer than a delivery takes.
const SHORT: Duration = Duration::from_millis(100);

async fn serve_gate_by(server: Server, gate: &Gatekeeper, vhost: &Vhost) -> amqp_rpc::RunningServer {
    start(server.service(GateServer::new(gate.clone())), vhost).await
}

async fn await_settled(vhost: &Vhost, queue: &str) {
    await_until("everything is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
}

#[tokio::test]
async fn a_handler_timeout_cancels_the_handler_and_its_caller_gets_a_fault() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate_by(Server::new().handler_timeout(SHORT), &gate, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);

    let error = gates.pass(1).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error}") };
    assert_eq!(fault.code(), &FaultCode::DeadlineExceeded);
    assert_eq!(fault.message(), "the method was cancelled after 100ms, the server's limit");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    gate.until_running(0).await;
    assert_eq!(gate.started(), 1);
    await_settled(&vhost, "gate").await;
    assert_eq!(gates.echo(2).await.unwrap(), 2, "others are served");
}

#[tokio::test]
async fn a_method_is_cancelled_at_its_caller_s_deadline_when_enabled() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    // A limit that comes later changes nothing.
    let server = Server::new().cancel_when_late().handler_timeout(Duration::from_secs(3600));
    let _server = serve_gate_by(server, &gate, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);

    // The caller's error is the same, whether its own timer or the server's answer comes first.
    let calls: Vec<_> = (0..32).map(|tag| tokio::spawn(gates.pass(tag).timeout(SHORT))).collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::Sent), "{error}");
    }
    gate.until_running(0).await;
    await_settled(&vhost, "gate").await;
}

#[tokio::test]
async fn a_foreign_caller_is_answered_when_its_method_is_cancelled() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate_by(Server::new().cancel_when_late(), &gate, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let properties = BasicProperties::default().with_reply_to(replies.queue().into());
    peer.publish("amqp-rpc", "gate.pass", properties.with_expiration("100".into()), br#"{"tag":1}"#).await;
    let reply = replies.next().await;
    assert_eq!((reply.kind(), reply.json()["code"].as_str()), (Some("fault"), Some("deadline_exceeded")));
}

#[tokio::test]
async fn a_request_without_caller_that_takes_too_long_goes_to_the_dead_letters() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate_by(Server::new().handler_timeout(SHORT), &gate, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "gate.pass", BasicProperties::default(), br#"{"tag":1}"#).await;
    await_until("it is a dead letter", || async { vhost.existing_queue("gate.dead").await.ready == 1 }).await;
    assert_eq!(gate.started(), 1);
    gate.until_running(0).await;
    await_settled(&vhost, "gate").await;
}

#[tokio::test]
async fn a_handler_timeout_of_zero_is_refused_and_the_maximum_never_fires() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone()));
    let error = server.handler_timeout(Duration::ZERO).start(vhost.uri()).await.unwrap_err();
    assert!(matches!(&error, StartError::InvalidOption(text) if text.contains("handler_timeout")), "{error}");

    let _server = serve_gate_by(Server::new().handler_timeout(Duration::MAX), &gate, &vhost).await;
    gate.open_for(1);
    assert_eq!(GateClient::new(connect(&vhost).await).pass(7).await.unwrap(), 7);
}

/// A method that waits, and panics when it is dropped there.
#[rpc_service]
trait Fragile {
    async fn wait(&self);
    async fn ping(&self) -> u8;
}

struct Glass;

struct Shatters;

impl Drop for Shatters {
    fn drop(&mut self) {
        panic!("expected by the test");
    }
}

impl Fragile for Glass {
    async fn wait(&self) {
        let _shatters = Shatters;
        std::future::pending::<()>().await;
    }

    async fn ping(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn a_method_that_panics_when_it_is_cancelled_is_answered_once_and_harms_no_other() {
    let vhost = Vhost::create().await;
    let server = Server::new().service(FragileServer::new(Glass)).handler_timeout(SHORT);
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let fragile = FragileClient::new(client.clone());
    let log = Log::listen();
    let error = fragile.wait().await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Panicked), "{error}");
    assert_eq!(log.failures().len(), 1, "{:#?}", log.failures());
    await_settled(&vhost, "fragile").await;
    assert_eq!(fragile.ping().await.unwrap(), 1);
    assert_eq!(client.stats().late_replies, 0, "one request has one reply");
}

/// A method that blocks its thread until the test lets it go on.
#[rpc_service]
trait Stubborn {
    #[rpc(blocking)]
    fn block(&self) -> bool;
}

struct Mule {
    lets_go: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
    came_to_its_end: mpsc::UnboundedSender<bool>,
}

impl Stubborn for Mule {
    fn block(&self) -> bool {
        let lets_go = self.lets_go.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let was_let_go = lets_go.recv_timeout(crate::support::TIMEOUT).is_ok();
        let _ = self.came_to_its_end.send(was_let_go);
        was_let_go
    }
}

#[tokio::test]
async fn a_blocking_method_past_its_timeout_is_answered_and_runs_on() {
    let vhost = Vhost::create().await;
    let (let_go, lets_go) = std::sync::mpsc::channel();
    let (came_to_its_end, mut ends) = mpsc::unbounded_channel();
    let mule = StubbornServer::new(Mule { lets_go: lets_go.into(), came_to_its_end });
    let _server = start(Server::new().service(mule).handler_timeout(SHORT), &vhost).await;
    let client = connect(&vhost).await;
    let error = StubbornClient::new(client.clone()).block().await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::DeadlineExceeded),
        "{error}"
    );
    await_settled(&vhost, "stubborn").await;
    assert!(ends.is_empty());
    let_go.send(()).expect("the method waits");
    assert_eq!(within("its end", ends.recv()).await, Some(true));
    assert_eq!(client.stats().late_replies, 0, "one request has one reply");
}
