//! Messages that crash parsers, such as deeply nested headers: client and server drop them and live on.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, Server};

use super::catalogue::{PREFETCH, TWICE_PREFETCH};
use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, Gatekeeper, connect, serve_gate, start},
    support::{BytePeer, Proxy, RawPeer, RawProperties, Vhost, await_until, proxy::Toward, within},
};

/// Levels that overflow even a stack of 16 MiB without a limit.
const DEEP: u32 = 20_000;
const NOT_UTF8: &[u8] = b"\xff\xfe";

/// Every kind, and whether its reply address can be read.
fn kinds(reply_to: &str) -> Vec<(&'static str, RawProperties, bool)> {
    let reply_to = reply_to.as_bytes();
    let addressed = |properties: RawProperties| properties.correlation_id(b"id").reply_to(reply_to);
    vec![
        ("20,000 levels", addressed(RawProperties::nested(DEEP)), true),
        ("33 levels", addressed(RawProperties::nested(33)), true),
        ("a header's name", addressed(RawProperties::header(NOT_UTF8)), true),
        ("20,000 levels to nobody", RawProperties::nested(DEEP), false),
        ("a header's name to nobody", RawProperties::header(NOT_UTF8), false),
        ("the correlation id", RawProperties::default().correlation_id(NOT_UTF8).reply_to(reply_to), false),
        ("the reply address", RawProperties::default().correlation_id(b"id").reply_to(NOT_UTF8), false),
    ]
}

#[tokio::test]
async fn malformed_headers_are_answered_or_dead_lettered_and_affect_no_other_call() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(FibServer::new(Fibonacci)).concurrency(PREFETCH);
    let server = server.start(proxy.uri()).await.unwrap();
    let fib = FibClient::new(connect(&vhost).await);
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let mut hostile = BytePeer::connect(&vhost.uri()).await;

    let (mut sent, mut dead) = (0, 0);
    for (kind, properties, is_answerable) in kinds(replies.queue()) {
        for _ in 0..TWICE_PREFETCH {
            hostile.publish("amqp-rpc", b"fib.compute", &properties, b"{\"n\":30}").await;
            sent += 1;
        }
        if is_answerable {
            for reply in replies.collect(TWICE_PREFETCH).await {
                assert_eq!(reply.correlation_id(), Some("id"), "{kind}");
                assert_eq!(reply.json()["code"], "bad_request", "{kind}");
            }
        } else {
            dead += TWICE_PREFETCH as u64;
        }
        await_until(&format!("{dead} are dead after {kind}"), || async {
            vhost.existing_queue("fib.dead").await.ready == dead
        })
        .await;
        assert_eq!(within(kind, fib.compute(30)).await.expect(kind), 832_040);
    }
    await_until("all is settled", || async { vhost.existing_queue("fib").await.is_settled() }).await;
    assert_eq!(vhost.existing_queue("fib.dead").await.ready, dead);
    assert_eq!(vhost.existing_queue(replies.queue()).await.ready, 0);
    assert_eq!(server.malformed_requests(), sent);
    assert_eq!(proxy.connections(), 1, "the server never lost its connection");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn malformed_messages_in_a_reply_queue_affect_no_other_call() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let client = Client::builder().timeout(Duration::from_secs(600)).connect(vhost.uri()).await.unwrap();
    let gates = GateClient::new(client.clone());
    let call = tokio::spawn(gates.pass(7));
    gate.until_running(1).await;

    let queues = vhost.queues().await;
    let replies =
        queues.iter().find(|queue| queue.starts_with("amqp-rpc.reply.")).expect("the client has one");
    let mut hostile = BytePeer::connect(&vhost.uri()).await;
    let kinds = kinds("nobody");
    for (_, properties, _) in &kinds {
        hostile.publish("", replies.as_bytes(), properties, b"7").await;
    }
    await_until("all have come", || async { client.stats().malformed_replies == kinds.len() as u64 }).await;
    assert_eq!(client.stats().unknown_replies, kinds.len() as u64);

    gate.open_for(1);
    assert_eq!(within("the call", call).await.unwrap().unwrap(), 7);
    assert_eq!(within("the next call", gates.echo(8)).await.unwrap(), 8);
}

#[tokio::test]
async fn a_malformed_reply_fails_its_own_call_only() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut server = serve_by_hand(&peer).await;
    let client = Client::builder().timeout(Duration::from_secs(600)).connect(vhost.uri()).await.unwrap();
    let fib = FibClient::new(client.clone());
    let (hit, missed) = (tokio::spawn(fib.compute(1)), tokio::spawn(fib.compute(2)));
    let (first, second) = (server.next().await, server.next().await);
    let (request, other) = if first.text().contains('1') { (first, second) } else { (second, first) };

    let mut hostile = BytePeer::connect(&vhost.uri()).await;
    let id = request.correlation_id().expect("calls have ids").as_bytes();
    let reply_to = request.reply_to().expect("calls have an address").as_bytes();
    let deep = RawProperties::nested(DEEP).correlation_id(id);
    hostile.publish("", reply_to, &deep, b"1").await;
    let error = within("the call to fail", hit).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Decode(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Unknown, "it may have been a fault");

    let id = other.correlation_id().expect("calls have ids").as_bytes();
    hostile.publish("", reply_to, &RawProperties::default().correlation_id(id), b"3").await;
    assert_eq!(within("the other call", missed).await.unwrap().unwrap(), 3);
    assert_eq!(client.stats().malformed_replies, 1);
}

#[tokio::test]
async fn a_body_above_the_limit_is_never_read_into_memory() {
    const MIB: usize = 1024 * 1024;
    let vhost = Vhost::create().await;
    let server = Server::new().service(FibServer::new(Fibonacci)).max_request_bytes(1000);
    let server = start(server, &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let mut sender = BytePeer::connect(&vhost.uri()).await;
    let request = RawProperties::default().correlation_id(b"id").reply_to(replies.queue().as_bytes());

    let at_limit = format!("{{\"n\":30}}{}", " ".repeat(992));
    sender.publish("amqp-rpc", b"fib.compute", &request, at_limit.as_bytes()).await;
    assert_eq!(replies.next().await.text(), "832040");
    for size in [1001, 10 * MIB] {
        sender.publish("amqp-rpc", b"fib.compute", &request, &vec![b' '; size]).await;
        let fault = replies.next().await.json();
        assert_eq!(fault["code"], "request_too_large");
        let message = fault["message"].as_str().expect("a fault has a message");
        assert_eq!(message, format!("the request has {size} bytes, the server's limit is 1000"));
        assert_eq!(within("the next call", fib.compute(30)).await.unwrap(), 832_040);
    }
    assert_eq!(server.malformed_requests(), 0, "merely large");
    await_until("all is settled", || async { vhost.existing_queue("fib").await.is_settled() }).await;
}

#[tokio::test]
async fn a_reply_above_the_clients_limit_fails_its_call_with_its_size() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut server = serve_by_hand(&peer).await;
    let client = Client::builder().max_reply_bytes(100).connect(vhost.uri()).await.unwrap();
    let fib = FibClient::new(client);
    for (size, fits) in [(100, true), (101, false), (300_000, false), (100, true)] {
        let call = tokio::spawn(fib.compute(1));
        let request = server.next().await;
        let properties = lapin::BasicProperties::default()
            .with_correlation_id(request.correlation_id().expect("calls have ids").into());
        let mut body = vec![b' '; size];
        body[0] = b'1';
        peer.publish("", request.reply_to().expect("calls have an address"), properties, &body).await;
        match within("the call", call).await.unwrap() {
            Ok(answer) => assert!(fits && answer == 1, "{size}"),
            Err(error) => {
                assert!(!fits && matches!(error, CallError::Decode(_)), "{size}: {error:?}");
                assert_eq!(error.execution(), Execution::Completed);
                let source = std::error::Error::source(&error).expect("it says why").to_string();
                assert_eq!(source, format!("the body has {size} bytes, the limit is 100"));
            }
        }
    }
}

#[tokio::test]
async fn an_unroutable_call_does_not_read_its_returned_payload() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let gates = GateClient::new(Client::connect(proxy.uri()).await.unwrap());
    for _ in 0..20 {
        let error = within("the returned message", gates.panic("x".repeat(300_000))).await.unwrap_err();
        assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
    }
    let returns = proxy.methods(Toward::Client).iter().filter(|method| *method == "basic.return").count();
    assert_eq!(returns, 20);
}

/// The queue of `fib.compute`, served by a test.
async fn serve_by_hand(peer: &RawPeer) -> crate::support::raw_peer::Inbox {
    let channel = peer.open_channel().await;
    let durable = lapin::options::ExchangeDeclareOptions { durable: true, ..Default::default() };
    let declared =
        channel.exchange_declare("amqp-rpc".into(), lapin::ExchangeKind::Direct, durable, Default::default());
    within("the exchange", declared).await.expect("the exchange is declared");
    let queue = peer.declare_queue("by-hand", Default::default(), Default::default()).await;
    let bound = channel.queue_bind(
        queue.as_str().into(),
        "amqp-rpc".into(),
        "fib.compute".into(),
        Default::default(),
        Default::default(),
    );
    within("the binding", bound).await.expect("the queue is bound");
    peer.consume(&queue, 10).await
}
