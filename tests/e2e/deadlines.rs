//! Deadlines: who cancels what when time is over, and what calls inherit that are made while another one is served.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{CallError, Client, Context, Execution, FaultCode, Phase, Server, StartError, rpc_service};
use lapin::BasicProperties;
use tokio::sync::mpsc;

use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

/// Less than any other wait of these tests, and more than it takes to deliver a request.
const SHORT: Duration = Duration::from_millis(100);

async fn serve_gate_by(server: Server, gate: &Gatekeeper, vhost: &Vhost) -> amqp_rpc::RunningServer {
    start(server.service(GateServer::new(gate.clone())), vhost).await
}

async fn await_settled(vhost: &Vhost, queue: &str) {
    await_until("everything is settled", || async { vhost.existing_queue(queue).await.is_settled() }).await;
}

#[tokio::test]
async fn s4_15_a_server_timeout_cancels_the_handler_and_its_caller_hears() {
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
async fn a_method_whose_caller_waits_no_longer_is_cancelled_where_the_server_says_so() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    // A limit that comes later changes nothing.
    let server = Server::new().cancel_when_late().handler_timeout(Duration::from_secs(3600));
    let _server = serve_gate_by(server, &gate, &vhost).await;
    let gates = GateClient::new(connect(&vhost).await);

    // Whether the caller's clock or the server's answer is first: the caller's error is always the same.
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
async fn a_handler_timeout_of_zero_is_refused_and_an_endless_one_is_none() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone()));
    let error = server.handler_timeout(Duration::ZERO).start(vhost.uri()).await.unwrap_err();
    assert!(matches!(&error, StartError::InvalidOption(text) if text.contains("handler_timeout")), "{error}");

    let _server = serve_gate_by(Server::new().handler_timeout(Duration::MAX), &gate, &vhost).await;
    gate.open_for(1);
    assert_eq!(GateClient::new(connect(&vhost).await).pass(7).await.unwrap(), 7);
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
        let was_let_go = lets_go.recv_timeout(crate::support::PATIENCE).is_ok();
        let _ = self.came_to_its_end.send(was_let_go);
        was_let_go
    }
}

#[tokio::test]
async fn a_blocking_method_whose_time_is_over_is_answered_and_goes_on_unheard() {
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

/// What a server sees of a call: how long its caller waits, and its trace.
type Seen = (Option<u64>, Option<String>);

#[rpc_service]
trait Inner {
    async fn seen(&self, #[rpc(context)] cx: &Context) -> Seen;
}

struct Glass;

impl Inner for Glass {
    async fn seen(&self, cx: &Context) -> Seen {
        let remaining = cx.remaining().map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        (remaining, cx.headers().text("traceparent").map(str::to_owned))
    }
}

/// Asks [`Inner`] what it sees when it is asked in different ways.
#[rpc_service]
trait Outer {
    async fn directly(&self) -> Seen;
    async fn detached(&self) -> Seen;
    async fn with_its_own(&self) -> Seen;
    async fn spawned(&self) -> Seen;
    async fn spawned_in_scope(&self, #[rpc(context)] cx: &Context) -> Seen;
    #[rpc(blocking)]
    fn blocking(&self) -> Seen;
    /// Asks when the caller's time is over.
    async fn too_late(&self, #[rpc(context)] cx: &Context);
}

struct Asker {
    inner: InnerClient,
    too_late: mpsc::UnboundedSender<CallError<amqp_rpc::NoError>>,
}

impl Asker {
    async fn ask(inner: InnerClient) -> Seen {
        inner.seen().await.expect("it is served")
    }
}

impl Outer for Asker {
    async fn directly(&self) -> Seen {
        Self::ask(self.inner.clone()).await
    }

    async fn detached(&self) -> Seen {
        self.inner.seen().detached().await.expect("it is served")
    }

    async fn with_its_own(&self) -> Seen {
        let call = self.inner.seen().timeout(Duration::from_secs(2)).header("traceparent", "its own");
        call.await.expect("it is served")
    }

    async fn spawned(&self) -> Seen {
        tokio::spawn(Self::ask(self.inner.clone())).await.expect("it does not panic")
    }

    async fn spawned_in_scope(&self, cx: &Context) -> Seen {
        tokio::spawn(cx.scope(Self::ask(self.inner.clone()))).await.expect("it does not panic")
    }

    fn blocking(&self) -> Seen {
        tokio::runtime::Handle::current().block_on(Self::ask(self.inner.clone()))
    }

    async fn too_late(&self, cx: &Context) {
        let deadline = cx.deadline().expect("its caller has one");
        tokio::time::sleep_until(deadline.into()).await;
        let error = self.inner.seen().await.expect_err("there is no time");
        let _ = self.too_late.send(error);
    }
}

/// Servers of both, a client of the outer one, and what became of calls that came too late.
struct Chain {
    _servers: [amqp_rpc::RunningServer; 2],
    client: Client,
    outer: OuterClient,
    too_late: mpsc::UnboundedReceiver<CallError<amqp_rpc::NoError>>,
}

async fn chain(vhost: &Vhost, to_inner: Client, outer: Server) -> Chain {
    let (sender, too_late) = mpsc::unbounded_channel();
    let asker = Arc::new(Asker { inner: InnerClient::new(to_inner), too_late: sender });
    let inner = start(Server::new().service(InnerServer::new(Glass)), vhost).await;
    let outer = start(outer.service(OuterServer::from_arc(asker)), vhost).await;
    let client = connect(vhost).await;
    Chain { _servers: [inner, outer], outer: OuterClient::new(client.clone()), client, too_late }
}

/// Longer than any call here takes, and shorter than the 30 s that clients of these tests wait.
const LEFT: Duration = Duration::from_secs(10);
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

macro_rules! asked {
    ($call:expr) => {
        within("the answer", $call.timeout(LEFT).header("traceparent", TRACE)).await.unwrap()
    };
}

fn is_inherited((remaining, trace): &Seen) -> bool {
    remaining.is_some_and(|left| left <= 10_000) && trace.as_deref() == Some(TRACE)
}

fn is_its_own((remaining, trace): &Seen) -> bool {
    remaining.is_some_and(|left| left > 10_000) && trace.is_none()
}

#[tokio::test]
async fn a_call_made_while_another_is_served_inherits_its_deadline_and_its_trace() {
    let vhost = Vhost::create().await;
    let chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    let seen = asked!(chain.outer.directly());
    assert!(is_inherited(&seen), "{seen:?}");
    let seen = asked!(chain.outer.blocking());
    assert!(is_inherited(&seen), "a blocking method: {seen:?}");
    let (remaining, trace) = asked!(chain.outer.with_its_own());
    assert!(remaining.is_some_and(|left| left <= 2_000), "{remaining:?}");
    assert_eq!(trace.as_deref(), Some("its own"));
}

#[tokio::test]
async fn detached_and_spawned_calls_inherit_nothing_unless_they_are_put_in_scope() {
    let vhost = Vhost::create().await;
    let chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    let seen = asked!(chain.outer.detached());
    assert!(is_its_own(&seen), "{seen:?}");
    let seen = asked!(chain.outer.spawned());
    assert!(is_its_own(&seen), "{seen:?}");
    let seen = asked!(chain.outer.spawned_in_scope());
    assert!(is_inherited(&seen), "{seen:?}");
}

#[tokio::test]
async fn a_detached_client_inherits_nothing() {
    let vhost = Vhost::create().await;
    let detached = Client::builder().detached().timeout(Duration::from_secs(30)).connect(vhost.uri());
    let chain = chain(&vhost, detached.await.unwrap(), Server::new()).await;
    let seen = asked!(chain.outer.directly());
    assert!(is_its_own(&seen), "{seen:?}");
}

#[tokio::test]
async fn a_call_made_while_another_is_served_inherits_the_server_s_limit_as_well() {
    let vhost = Vhost::create().await;
    let limited = Server::new().handler_timeout(Duration::from_secs(5));
    let chain = chain(&vhost, connect(&vhost).await, limited).await;
    let (remaining, _) = asked!(chain.outer.directly());
    assert!(remaining.is_some_and(|left| left <= 5_000), "{remaining:?}");
}

#[tokio::test]
async fn a_call_whose_inherited_deadline_is_over_is_never_sent_and_not_retryable() {
    let vhost = Vhost::create().await;
    let mut chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    // The answer may come in the few milliseconds in which a timeout is not noticed yet.
    let _ = chain.outer.too_late().timeout(SHORT).await;
    let error = within("the inner call to end", chain.too_late.recv()).await.unwrap();
    assert!(matches!(&error, CallError::Timeout(timeout) if timeout.is_inherited()), "{error}");
    assert_eq!(error.to_string(), "not sent: the time of the call that this one was made for is over");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    assert_eq!(chain.client.stats().in_flight, 0);
}
