//! Calls that are sent again after a lost connection, and their outcome when the retry fails.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, error::Phase, rpc_service};
use lapin::BasicProperties;

use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate},
    support::{Proxy, Vhost, embedded_broker, within},
    tutorial::ForeignServer,
};

/// A service of a foreign server with one method of each kind.
#[rpc_service(exchange = "")]
trait Kinds {
    #[rpc(routing_key = "rpc_queue", bare)]
    async fn plain(&self, n: u64) -> u64;
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn idempotent_calls_are_sent_again_when_their_connection_is_lost_and_others_are_not() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 100).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::builder().timeout(LONG).connect(proxy.uri()).await.unwrap();
    let gates = GateClient::new(client.clone());
    let plain: Vec<_> = (0..20).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    let once: Vec<_> = (0..20).map(|tag| tokio::spawn(gates.pass_once(tag))).collect();
    let idempotent: Vec<_> = (0..20).map(|tag| tokio::spawn(gates.pass_idempotent(tag))).collect();
    gate.until_running(60).await;
    proxy.cut();

    for call in plain.into_iter().chain(once) {
        let error = within("the pending call to fail", call).await.unwrap().unwrap_err();
        assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    }
    // The server was not cut off: it still runs the first requests, and the retries as well.
    gate.until_running(80).await;
    gate.open_for(80);
    for (tag, call) in idempotent.into_iter().enumerate() {
        assert_eq!(within("the repetition", call).await.unwrap().unwrap(), tag as u64);
    }
    assert_eq!(client.stats().resent, 20);
    assert_eq!(client.stats().in_flight, 0);
}

#[tokio::test]
async fn a_call_that_was_sent_may_have_run_however_its_retry_ends() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::builder().connect(proxy.uri()).await.unwrap();
    let gates = GateClient::new(client.clone());
    let no_time = tokio::spawn(gates.pass_idempotent(1).timeout(Duration::from_millis(500)));
    let closed = tokio::spawn(gates.pass_idempotent(2).timeout(LONG));
    gate.until_running(2).await;
    proxy.refuse(true);
    proxy.cut();

    let error = within("the timeout", no_time).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::Sent), "{error:?}");
    client.close().await;
    let error = within("the close", closed).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, true));
}

#[tokio::test]
async fn a_call_that_a_stopping_server_did_not_start_is_sent_again() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let client = connect(&vhost).await;
    let call = tokio::spawn(KindsClient::new(client.clone()).plain(7));
    let fault = r#"{"code":"shutting_down","message":"not started"}"#;
    for _ in 0..3 {
        let request = server.next().await;
        let id = request.correlation_id().expect("requests have an id").to_owned();
        let refusal = BasicProperties::default().with_type("fault".into()).with_correlation_id(id.into());
        server.answer_as(&request, refusal, fault).await;
    }
    let request = server.next().await;
    assert_eq!(request.text(), "7");
    server.answer(&request, 49).await;
    assert_eq!(within("the answer", call).await.unwrap().unwrap(), 49);
    assert_eq!(client.stats().resent, 3);
}

#[tokio::test]
async fn a_call_that_closes_its_channel_is_sent_twice_at_most() {
    let broker = embedded_broker().max_message_size(1000).start().await.unwrap();
    let client = Client::builder().timeout(LONG).connect(broker.uri()).await.unwrap();
    let _server = amqp_rpc::Server::new().service(EchoServer::new(Parrot)).start(broker.uri()).await.unwrap();
    let echo = EchoClient::new(client.clone());
    let error = within("the failure", echo.echo("x".repeat(2000))).await.unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    assert_eq!(client.stats().resent, 1);
    assert_eq!(within("the next call", echo.echo("small".into())).await.unwrap(), "small");
}

#[rpc_service]
trait Echo {
    #[rpc(idempotent)]
    async fn echo(&self, text: String) -> String;
}

struct Parrot;

impl Echo for Parrot {
    async fn echo(&self, text: String) -> String {
        text
    }
}

#[tokio::test]
async fn a_call_that_no_server_starts_is_not_retried_for_ever() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let client = connect(&vhost).await;
    let call = tokio::spawn(KindsClient::new(client.clone()).plain(7));
    let fault = r#"{"code":"shutting_down","message":"never"}"#;
    for _ in 0..9 {
        let request = server.next().await;
        let id = request.correlation_id().expect("requests have an id").to_owned();
        let refusal = BasicProperties::default().with_type("fault".into()).with_correlation_id(id.into());
        server.answer_as(&request, refusal, fault).await;
    }
    let error = within("the fault", call).await.unwrap().unwrap_err();
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true), "{error:?}");
    assert_eq!(client.stats().resent, 8);
}
