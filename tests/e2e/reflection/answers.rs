//! Answers that do not come, cannot be read, or come from servers that refuse.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, Fault, FaultCode, Server,
    error::StartError,
    middleware::{self, IncomingCall, Next, Reply},
    server::RawMethod,
};
use lapin::BasicProperties;

use super::{asking, instances};
use crate::{
    services::{FibServer, Fibonacci, GateServer, Gatekeeper, connect, serve_fib, start},
    support::{RawPeer, Vhost, raw_peer::Inbox, within},
};

const LONG: Duration = Duration::from_secs(60);

/// A foreign server that is asked with all others, for anything.
async fn foreign_server(vhost: &Vhost) -> (RawPeer, Inbox) {
    let peer = RawPeer::connect(&vhost.uri()).await;
    let queue = peer.declare_queue("", Default::default(), Default::default()).await;
    let channel = peer.open_channel().await;
    let (exchange, key) = ("amqp-rpc".into(), "$all".into());
    let binding =
        channel.queue_bind(queue.as_str().into(), exchange, key, Default::default(), Default::default());
    within("the binding", binding).await.expect("the exchange is there");
    let requests = peer.consume(&queue, 0).await;
    (peer, requests)
}

#[tokio::test]
async fn without_servers_nothing_is_waited_for() {
    let vhost = Vhost::create().await;
    for step in ["there is no exchange", "no server is left"] {
        // For half a second a client remembers that there is no exchange.
        let reflection = connect(&vhost).await.reflection().limit(LONG).quiet(LONG);
        assert_eq!(within(step, reflection.instances()).await.unwrap(), [], "{step}");
        assert_eq!(within(step, reflection.stats("fib")).await.unwrap(), [], "{step}");
        serve_fib(&vhost).await.shutdown().await.unwrap();
    }
    let server = serve_fib(&vhost).await;
    let reflection = connect(&vhost).await.reflection().limit(LONG).quiet(LONG);
    let error = within("another service", reflection.describe("other")).await.unwrap_err();
    assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
    assert_eq!(within("another service", reflection.ping("other")).await.unwrap(), []);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_silent_does_not_hold_up_the_others() {
    let vhost = Vhost::create().await;
    let server = serve_fib(&vhost).await;
    let (_peer, _requests) = foreign_server(&vhost).await;
    let client = connect(&vhost).await;
    let patient = client.reflection().limit(LONG);
    assert_eq!(within("quiet", patient.instances()).await.unwrap().len(), 1);
    server.shutdown().await.unwrap();
    let short = client.reflection().limit(Duration::from_millis(200));
    assert_eq!(within("the limit", short.instances()).await.unwrap(), []);
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_skipped() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let (peer, mut requests) = foreign_server(&vhost).await;
    let client = connect(&vhost).await;
    let asking = client.reflection().quiet(LONG).max_instances(2);
    let asking = tokio::spawn(async move { asking.instances().await });
    let request = requests.next().await;
    assert_eq!((request.kind(), request.text()), (Some("$ping"), "{}"));
    let to = request.reply_to().unwrap().to_owned();
    for (kind, body) in [
        ("result", "not JSON"),
        ("result", r#"{"id": 7}"#),
        ("result", "[[[[[[[["),
        ("error", r#"{"id": "an error"}"#),
        ("strange", r#"{"id": "strange"}"#),
        ("result", r#"{"id": "later version", "colors": ["red"], "services": [{"name": "new"}]}"#),
    ] {
        let properties = BasicProperties::default()
            .with_correlation_id(request.correlation_id().unwrap().into())
            .with_content_type("application/json".into())
            .with_type(kind.into());
        peer.publish("", &to, properties, body.as_bytes()).await;
    }
    let found = within("two that can be read", asking).await.unwrap().unwrap();
    let mut ids: Vec<_> = found.iter().map(|instance| instance.id.as_str()).collect();
    ids.sort_unstable_by_key(|id| *id != "later version");
    assert_eq!((ids.len(), ids[0]), (2, "later version"));
}

#[tokio::test]
async fn who_is_not_authorized_is_told_nothing() {
    let vhost = Vhost::create().await;
    let by_rule = Server::new()
        .service(FibServer::new(Fibonacci))
        .authorize(|call| !call.method().full_name.ends_with("$ping"));
    let server = start(by_rule, &vhost).await;
    let client = connect(&vhost).await;
    let reflection = client.reflection();
    let is_unauthorized = |error: &CallError<_>| matches!(error, CallError::Fault(fault) if *fault.code() == FaultCode::Unauthorized);
    for error in [reflection.instances().await.unwrap_err(), reflection.ping("fib").await.unwrap_err()] {
        assert!(is_unauthorized(&error), "{error:?}");
    }
    assert_eq!(within("what is allowed", reflection.stats("fib")).await.unwrap().len(), 1);
    server.shutdown().await.unwrap();

    let with_token = middleware::from_fn(|call: IncomingCall, next: Next| async move {
        match call.context().headers().text("token") {
            Some("right") => next.run(call).await,
            _ => Err(Fault::new(FaultCode::Unauthorized, "no token")),
        }
    });
    let server = Server::new().service(FibServer::new(Fibonacci)).layer(with_token);
    let _server = start(server, &vhost).await;
    for error in [
        reflection.instances().await.unwrap_err(),
        reflection.stats("fib").await.unwrap_err(),
        reflection.describe("fib").await.unwrap_err(),
    ] {
        assert!(is_unauthorized(&error), "{error:?}");
    }
    let reflection = reflection.header("token", "right");
    assert_eq!(within("with a token", reflection.instances()).await.unwrap().len(), 1);
    assert_eq!(within("with a token", reflection.describe("fib")).await.unwrap().methods.len(), 2);
}

#[tokio::test]
async fn who_may_ask_for_one_service_is_told_of_no_other() {
    let vhost = Vhost::create().await;
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .service(GateServer::new(Gatekeeper::closed()))
        .authorize(|call| call.method().full_name.starts_with("fib."));
    let _server = start(server, &vhost).await;
    let client = connect(&vhost).await;
    let found = within("the instance", asking(&client).ping("fib")).await.unwrap();
    let names: Vec<_> = found[0].services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!((found.len(), names), (1, vec!["fib"]));
    for refused in [asking(&client).ping("gate").await, asking(&client).instances().await] {
        let error = refused.unwrap_err();
        assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Unauthorized));
    }
}

#[tokio::test]
async fn a_server_without_reflection_declares_nothing_for_it_and_is_not_found() {
    let vhost = Vhost::create().await;
    let server = Server::new().service(FibServer::new(Fibonacci)).reflection(false);
    let _server = start(server, &vhost).await;
    assert!(vhost.reflection_queues().await.is_empty());
    let client = connect(&vhost).await;
    assert!(instances(&client).await.is_empty());
    for method in ["fib.$ping", "fib.$describe", "fib.$stats", "$ping", "fib.$all", "$all"] {
        let error = within(method, client.call_json(method, serde_json::json!({}))).await.unwrap_err();
        assert!(matches!(error, CallError::Unroutable(_)), "{method}: {error:?}");
    }
}

#[tokio::test]
async fn a_method_of_a_user_has_no_reserved_name() {
    let vhost = Vhost::create().await;
    let reserved = [
        RawMethod::new("fib.$ping"),
        RawMethod::new("fib.compute").routing_key("$all"),
        RawMethod::new("fib.compute").queue("$reflection"),
    ];
    for method in reserved {
        let raw = Server::new().raw(method, |_: IncomingCall| async { Reply::json(&1) });
        let error = within("the start", raw.start(vhost.uri())).await.unwrap_err();
        assert!(matches!(&error, StartError::InvalidOption(why) if why.contains('$')), "{error:?}");
    }
}

#[tokio::test]
async fn a_client_that_is_closed_or_cut_off_says_that_answers_may_be_missing() {
    let vhost = Vhost::create().await;
    serve_fib(&vhost).await.shutdown().await.unwrap();
    let (_peer, mut requests) = foreign_server(&vhost).await;
    let ask = |client: &Client| {
        let reflection = client.reflection().limit(LONG);
        tokio::spawn(async move { reflection.instances().await })
    };
    let closed = connect(&vhost).await;
    let asking = ask(&closed);
    requests.next().await.ack().await;
    closed.close().await;
    let error = within("the end", asking).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");

    let proxy = crate::support::Proxy::start(&vhost.uri()).await;
    let cut = within("the client", Client::connect(proxy.uri())).await.unwrap();
    let asking = ask(&cut);
    requests.next().await.ack().await;
    proxy.cut();
    let error = within("the end", asking).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)) && error.is_retryable(), "{error:?}");
}
