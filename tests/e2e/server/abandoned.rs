//! Calls whose callers have stopped waiting: counted, and cancelled where their method says so.

use std::time::Duration;

use amqp_rpc::{CallError, RunningServer, Server, rpc_service, server::RawMethod};
use lapin::BasicProperties;

use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, serve_gate, start, until_epoch},
    support::{Log, Proxy, RawPeer, Vhost, await_until, within},
};

/// Shorter than any other wait of these tests, and longer than a delivery takes.
const SHORT: Duration = Duration::from_millis(100);

async fn until_abandoned(server: &RunningServer, calls: u64) {
    await_until("calls are abandoned", || async { server.stats().abandoned_calls == calls }).await;
}

#[tokio::test]
async fn calls_that_run_on_without_their_callers_are_counted_until_they_end() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 3).await;
    let gates = GateClient::new(connect(&vhost).await);
    let patient = tokio::spawn(gates.pass(0).into_future());
    // It has no caller that could stop waiting.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let expiring = BasicProperties::default().with_expiration("100".into());
    gate.until_running(1).await;
    peer.publish("amqp-rpc", "gate.pass", expiring, br#"{"tag":1}"#).await;
    gate.until_running(2).await;
    assert_eq!(server.stats().abandoned_calls, 0);

    let error = within("the timeout", gates.pass(2).timeout(SHORT)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    until_abandoned(&server, 1).await;
    assert_eq!(gate.started(), 3);
    // The server is full: one of three calls is of use to anybody.
    let error = within("the timeout", gates.echo(3).timeout(SHORT)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");

    gate.open_for(3);
    within("the patient call", patient).await.unwrap().unwrap();
    until_abandoned(&server, 0).await;
    assert_eq!(within("a call", gates.echo(4)).await.unwrap(), 4);
}

#[tokio::test]
async fn abandoned_calls_are_counted_over_the_next_connection_as_well() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).start(proxy.uri());
    let server = within("the server", server).await.unwrap();
    proxy.cut();
    until_epoch(&server, 2).await;
    let gates = GateClient::new(connect(&vhost).await);
    within("the timeout", gates.pass(1).timeout(SHORT)).await.unwrap_err();
    until_abandoned(&server, 1).await;
}

/// One method is cancelled when its caller has gone, the other is not.
#[rpc_service]
trait Search {
    #[rpc(cancel_when_late)]
    async fn find(&self);
    async fn index(&self);
}

struct Library {
    finding: Gatekeeper,
    indexing: Gatekeeper,
}

impl Search for Library {
    async fn find(&self) {
        self.finding.wait().await;
    }

    async fn index(&self) {
        self.indexing.wait().await;
    }
}

#[tokio::test]
async fn a_method_that_declares_it_is_cancelled_when_late_and_the_others_are_not() {
    let vhost = Vhost::create().await;
    let (finding, indexing) = (Gatekeeper::closed(), Gatekeeper::closed());
    let library = Library { finding: finding.clone(), indexing: indexing.clone() };
    let server = start(Server::new().service(SearchServer::new(library)), &vhost).await;
    let search = SearchClient::new(connect(&vhost).await);
    let calls = [search.find().timeout(SHORT).into_future(), search.find().timeout(SHORT).into_future()];
    let indexed = tokio::spawn(search.index().timeout(SHORT).into_future());
    for call in calls.map(tokio::spawn) {
        let error = within("the timeout", call).await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error}");
    }
    within("the timeout", indexed).await.unwrap().unwrap_err();
    finding.until_started(2).await;
    finding.until_running(0).await;
    until_abandoned(&server, 1).await;
    indexing.until_running(1).await;
    indexing.open_for(1);
    indexing.until_running(0).await;
}

#[tokio::test]
async fn a_raw_method_is_cancelled_when_late_if_it_says_so() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let waiting = gate.clone();
    let method = RawMethod::new("legacy.wait").cancel_when_late();
    let server = Server::new().raw(method, move |_| {
        let gate = waiting.clone();
        async move {
            gate.wait().await;
            amqp_rpc::middleware::Reply::json(&())
        }
    });
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let call = client.call_json("legacy.wait", serde_json::Value::Null).timeout(SHORT);
    within("the timeout", call).await.unwrap_err();
    gate.until_started(1).await;
    gate.until_running(0).await;
}

/// What a server with such options says at its start about callers that stop waiting.
async fn said_at_start(server: Server, vhost: &Vhost) -> usize {
    let log = Log::listen();
    start(server, vhost).await.shutdown().await.expect("it stops");
    log.lines().iter().filter(|line| line.field("message").contains("abandoned_calls")).count()
}

#[tokio::test]
async fn a_server_says_at_its_start_that_late_calls_run_to_their_end() {
    /// Every call is cancelled.
    #[rpc_service]
    trait Brief {
        #[rpc(cancel_when_late)]
        async fn ask(&self);
        #[rpc(notify)]
        async fn tell(&self);
    }
    struct Nothing;
    impl Brief for Nothing {
        async fn ask(&self) {}
        async fn tell(&self) {}
    }
    let vhost = Vhost::create().await;
    let gate = || Server::new().service(GateServer::new(Gatekeeper::closed()));
    assert_eq!(said_at_start(gate(), &vhost).await, 1);
    assert_eq!(said_at_start(gate().cancel_when_late(), &vhost).await, 0);
    assert_eq!(said_at_start(gate().handler_timeout(SHORT), &vhost).await, 0);
    assert_eq!(said_at_start(Server::new().service(BriefServer::new(Nothing)), &vhost).await, 0);
}
