//! A call follows its contract: shared definitions, parameter types and defaults, concurrency, and close.

use std::collections::BTreeSet;

use amqp_rpc::{CallError, Client, FaultCode, Server, contract::Service, rpc_service};
use futures_util::future::join_all;
use lapin::BasicProperties;
use serde_json::{Value, json};

use crate::{
    services::{
        FibClient, FibComputeRequest, FibServer, FibWhoamiRequest, Fibonacci, GateClient, Gatekeeper,
        connect, serve_fib, serve_gate, start,
    },
    support::{RawPeer, Vhost, within},
};

/// Returns the name of the server that answers.
#[rpc_service]
trait Desk {
    async fn ask(&self, question: String, #[serde(default)] copies: u8) -> (String, String, u8);
}

struct Clerk(&'static str);

impl Desk for Clerk {
    async fn ask(&self, question: String, copies: u8) -> (String, String, u8) {
        (self.0.to_owned(), question, copies)
    }
}

fn desk(name: &'static str) -> Server {
    Server::new().service(DeskServer::new(Clerk(name)))
}

/// Publishes a request by hand, and returns the type and the body of the reply.
async fn ask_by_hand(vhost: &Vhost, routing_key: &str, body: &Value) -> (String, Value) {
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let properties = BasicProperties::default().with_reply_to(replies.queue().into());
    // Published to the queue by name, so that an unknown method reaches the server as well.
    peer.publish("", "desk", properties.with_type(routing_key.into()), body.to_string().as_bytes()).await;
    let reply = within("a reply", replies.next()).await;
    (reply.kind().expect("our server says what it is").to_owned(), reply.json())
}

#[tokio::test]
async fn with_several_clients_and_servers_each_caller_gets_its_own_result() {
    let vhost = Vhost::create().await;
    let servers =
        [start(desk("one").concurrency(1), &vhost).await, start(desk("two").concurrency(1), &vhost).await];
    let clients = [connect(&vhost).await, connect(&vhost).await, connect(&vhost).await];
    let calls = (0..60).map(|number| {
        let desk = DeskClient::new(clients[number % 3].clone());
        async move { (number, desk.ask(number.to_string(), 0).await) }
    });
    let mut clerks = BTreeSet::new();
    for (number, answer) in within("all answers", join_all(calls)).await {
        let (clerk, question, _) = answer.unwrap();
        assert_eq!(question, number.to_string());
        clerks.insert(clerk);
    }
    assert_eq!(clerks.len(), 2, "both servers have served");
    for server in servers {
        server.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn an_unknown_method_and_wrong_parameters_are_different_faults() {
    let vhost = Vhost::create().await;
    let server = start(desk("one"), &vhost).await;
    let (kind, fault) = ask_by_hand(&vhost, "desk.answer", &json!({})).await;
    assert_eq!((kind.as_str(), &fault["code"]), ("fault", &json!(FaultCode::UnknownMethod.as_str())));
    let (kind, fault) = ask_by_hand(&vhost, "desk.ask", &json!({"question": 1})).await;
    assert_eq!((kind.as_str(), &fault["code"]), ("fault", &json!(FaultCode::BadRequest.as_str())));
    assert_eq!(fault["field"], "question");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn parameters_have_the_types_of_the_contract_and_may_have_defaults() {
    let vhost = Vhost::create().await;
    let server = start(desk("one"), &vhost).await;
    let (kind, answer) = ask_by_hand(&vhost, "desk.ask", &json!({"question": "?"})).await;
    assert_eq!(
        (kind.as_str(), answer),
        ("result", json!(["one", "?", 0])),
        "what is left out has its default"
    );
    for copies in [json!("3"), json!(300), json!(1.5), json!(null)] {
        let (kind, fault) =
            ask_by_hand(&vhost, "desk.ask", &json!({"question": "?", "copies": copies})).await;
        assert_eq!(
            (kind.as_str(), &fault["field"]),
            ("fault", &json!("copies")),
            "{copies} is not made to fit"
        );
    }
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn after_close_calls_of_every_clone_fail_with_closed() {
    let vhost = Vhost::create().await;
    let server = start(desk("one"), &vhost).await;
    let client = Client::connect(vhost.uri()).await.unwrap();
    let (desk, other) = (DeskClient::new(client.clone()), client.clone());
    desk.ask("?".into(), 0).await.unwrap();
    within("the close", client.close()).await;
    within("a second close", other.close()).await;
    let error = desk.ask("?".into(), 0).await.unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error:?}");
    assert!(other.state().is_closed());
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn client_and_server_share_one_set_of_definitions() {
    let served = <FibServer<Fibonacci> as Service>::DEFINITION;
    let called = [FibComputeRequest::METHOD, FibWhoamiRequest::METHOD];
    assert_eq!(served.methods, called);
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);
}

#[tokio::test]
async fn a_server_runs_as_many_requests_at_once_as_its_concurrency() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 5).await;
    let gates = GateClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..12).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(5).await;
    gate.open_for(12);
    for call in calls {
        within("a call", call).await.unwrap().unwrap();
    }
    assert_eq!(gate.most_running(), 5);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn of_two_faults_in_reply_to_one_call_the_first_counts() {
    let vhost = Vhost::create().await;
    start(desk("one"), &vhost).await.shutdown().await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut inbox = peer.consume("desk", 1).await;
    let client = connect(&vhost).await;
    let call = tokio::spawn(DeskClient::new(client.clone()).ask("?".into(), 0));
    let request = within("the request", inbox.next()).await;
    let reply_to = request.properties.reply_to().clone().unwrap();
    for (kind, body) in [
        ("fault", r#"{"code":"bad_request","message":"Request validation failed"}"#),
        ("fault", r#"{"code":"internal","message":"An unexpected error occurred"}"#),
    ] {
        let id = request.correlation_id().unwrap().into();
        let properties = BasicProperties::default().with_correlation_id(id).with_type(kind.into());
        peer.publish("", reply_to.as_str(), properties, body.as_bytes()).await;
    }
    match within("the reply", call).await.unwrap() {
        Err(CallError::Fault(fault)) => assert_eq!(fault.code(), &FaultCode::BadRequest),
        other => panic!("{other:?}"),
    }
    crate::support::await_until("the second is counted", || async { client.stats().late_replies == 1 }).await;
}
