//! Connections of a client: connect errors, lost channels and connections, missing exchanges and queues.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Execution,
    client::ReplyTo,
    error::{ConnectError, Phase},
    rpc_service,
};

use crate::{
    services::{FibClient, GateClient, Gatekeeper, connect, serve_fib, serve_gate, until_epoch},
    support::{Proxy, RawPeer, Vhost, await_until, within},
};

/// A service with its own exchange, which tests delete.
#[rpc_service(exchange = "doomed")]
trait Doomed {
    async fn ask(&self) -> u64;
}

struct Answer;

impl Doomed for Answer {
    async fn ask(&self) -> u64 {
        42
    }
}

#[tokio::test]
async fn every_pending_call_fails_at_once_when_the_connection_is_lost() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 64).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::builder().timeout(Duration::from_secs(600)).connect(proxy.uri()).await.unwrap();
    let gates = GateClient::new(client.clone());

    let pending: Vec<_> = (0..20).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(20).await;
    proxy.refuse(true);
    proxy.cut();

    for call in pending {
        let error = within("the pending call to fail", call).await.unwrap().unwrap_err();
        assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    }
    assert!(!client.is_connected());
}

#[tokio::test]
async fn a_connection_closed_by_the_operator_is_reported_as_such() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = serve_gate(&vhost, &gate, 4).await;
    let gates = GateClient::new(connect(&vhost).await);
    let call = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    assert_eq!(vhost.close_all_connections().await, 2);
    let error = within("the pending call to fail", call).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("CONNECTION_FORCED"), "{error}");
    until_epoch(&server, 2).await;
}

#[tokio::test]
async fn a_missing_exchange_is_unroutable_and_harms_no_other_call() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let pending = tokio::spawn(gates.pass(7));
    gate.until_running(1).await;

    let error = within("the refusal", DoomedClient::new(client).ask()).await.unwrap_err();
    match &error {
        CallError::Unroutable(unroutable) => {
            assert!(unroutable.exchange_missing());
            assert_eq!((unroutable.exchange(), unroutable.routing_key()), ("doomed", "doomed.ask"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.is_retryable());

    gate.open_for(1);
    assert_eq!(within("the pending call", pending).await.unwrap().unwrap(), 7);
}

#[tokio::test]
async fn a_call_without_a_server_is_unroutable_and_never_executed() {
    let vhost = Vhost::create().await;
    // Makes the exchange, but no queue for the other service.
    let _server = serve_fib(&vhost).await;
    let client = Client::builder().timeout(Duration::from_secs(600)).connect(vhost.uri()).await.unwrap();

    let error = within("the returned message", GateClient::new(client).echo(1)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(unroutable) if !unroutable.exchange_missing()),
        "{error:?}"
    );
    assert_eq!(error.execution(), Execution::Never);
}

#[tokio::test]
async fn returned_requests_are_attributed_to_their_own_calls() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let (fib, gates) = (FibClient::new(client.clone()), GateClient::new(client));

    let calls: Vec<_> = (0..500u64)
        .map(|n| {
            let (fib, gates) = (fib.clone(), gates.clone());
            tokio::spawn(async move {
                if n % 5 == 0 {
                    matches!(gates.echo(n).await, Err(CallError::Unroutable(_)))
                } else {
                    fib.compute(n % 90).await.is_ok()
                }
            })
        })
        .collect();
    for call in calls {
        assert!(within("the call", call).await.unwrap());
    }
}

#[tokio::test]
async fn a_channel_error_fails_pending_calls_and_opens_a_new_channel() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _gates = serve_gate(&vhost, &gate, 4).await;
    let _doomed =
        crate::services::start(amqp_rpc::Server::new().service(DoomedServer::new(Answer)), &vhost).await;
    let client = connect(&vhost).await;
    let (gates, doomed) = (GateClient::new(client.clone()), DoomedClient::new(client.clone()));
    assert_eq!(doomed.ask().await.unwrap(), 42);
    let pending = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    // The client has seen this exchange: publishing to it now is a channel error.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let channel = peer.open_channel().await;
    channel.exchange_delete("doomed".into(), Default::default()).await.unwrap();
    let error = within("the channel error", doomed.ask()).await.unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.reason().contains("doomed")), "{error:?}");
    let error = within("the pending call to fail", pending).await.unwrap().unwrap_err();
    assert_eq!(error.execution(), Execution::Unknown);

    assert_eq!(within("the new channel", gates.echo(2)).await.unwrap(), 2);
    let error = within("the exchange to be looked up again", doomed.ask()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(unroutable) if unroutable.exchange_missing()),
        "{error:?}"
    );
    assert!(client.is_connected());
    await_until("the old connection is closed", || async { vhost.connections().await == 4 }).await;
}

#[tokio::test]
async fn a_deleted_reply_queue_is_replaced() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let pending = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    let replies = reply_queues(&vhost).await;
    assert_eq!(replies.len(), 1);
    vhost.delete_queue(&replies[0]).await;
    let error = within("the pending call to fail", pending).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    assert_eq!(within("the new reply queue", gates.echo(2)).await.unwrap(), 2);
    assert_ne!(reply_queues(&vhost).await, replies);
}

async fn reply_queues(vhost: &Vhost) -> Vec<String> {
    let mut queues = vhost.queues().await;
    queues.retain(|queue| queue.starts_with("amqp-rpc.reply."));
    queues
}

#[tokio::test]
async fn direct_reply_to_declares_no_queue() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = Client::builder().reply_to(ReplyTo::Direct).connect(vhost.uri()).await.unwrap();
    let fib = FibClient::new(client);

    assert_eq!(fib.compute(30).await.unwrap(), 832_040);
    assert!(fib.compute(91).await.is_err());
    assert_eq!(reply_queues(&vhost).await, [""; 0]);
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_connection() {
    let vhost = Vhost::create().await;
    let server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let fib = FibClient::new(client.clone());
    drop(client);
    assert_eq!(fib.compute(1).await.unwrap(), 1);
    assert_eq!(vhost.connections().await, 2);

    drop(fib);
    await_until("the client's connection is closed", || async { vhost.connections().await == 1 }).await;
    drop(server);
    await_until("the server's connection is closed", || async { vhost.connections().await == 0 }).await;
}

#[tokio::test]
async fn connect_errors_say_what_to_do() {
    let vhost = Vhost::create().await;
    let uri = vhost.uri();
    let connect = async |uri: String| Client::connect(uri).await.expect_err("nothing to connect to");

    let error = connect(uri.replace("guest:guest", "guest:wr0ng")).await;
    assert!(matches!(&error, ConnectError::LoginRefused { user, .. } if user == "guest"), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("wr0ng"), "passwords are not for logs");

    let error = connect(format!("{uri}-missing")).await;
    assert!(matches!(&error, ConnectError::VhostRefused { .. }), "{error:?}");
    assert!(error.to_string().contains("add_vhost"), "{error}");

    // Bound, but not listening: refused for as long as this lives.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = socket.local_addr().unwrap();
    let error = connect(format!("amqp://{nobody}")).await;
    assert!(
        matches!(&error, ConnectError::Unreachable { endpoint, .. } if *endpoint == nobody.to_string()),
        "{error:?}"
    );

    let error = connect(uri.replace("amqp://", "http://")).await;
    assert!(matches!(error, ConnectError::InvalidUri(_)), "{error:?}");
    let error = Client::builder().namespace("amq.x").connect(&uri).await.unwrap_err();
    assert!(matches!(error, ConnectError::InvalidOption(_)), "{error:?}");
}

#[tokio::test]
async fn connecting_to_a_silent_listener_times_out() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("amqp://{}", silent.local_addr().unwrap());
    let options = amqp_rpc::ConnectOptions::new(uri).timeout(Duration::from_millis(100));
    let error = within("the timeout", Client::connect(options)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_client_whose_user_may_not_declare_uses_direct_replies() {
    let mut vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let uri = vhost.add_user("caller", "secret", crate::support::recipes::CALLER).await;

    let error = Client::connect(&uri).await.unwrap_err();
    assert!(
        matches!(&error, ConnectError::Refused { what: "reply queue", source } if source.code() == Some(403)),
        "{error:?}"
    );
    let client = Client::builder().reply_to(ReplyTo::Direct).connect(&uri).await.unwrap();
    assert_eq!(FibClient::new(client).compute(10).await.unwrap(), 55);
}

#[tokio::test]
async fn a_running_call_whose_exchange_is_deleted_may_have_run() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _gates = serve_gate(&vhost, &gate, 4).await;
    let gates = GateClient::new(connect(&vhost).await);
    // The first call of this epoch, and nothing was answered yet.
    let running = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    let channel = RawPeer::connect(&vhost.uri()).await.open_channel().await;
    channel.exchange_delete("amqp-rpc".into(), Default::default()).await.unwrap();
    let _culprit = tokio::spawn(gates.pass(2));
    let error = within("the loss", running).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Unknown);
}
