//! Methods without a trait: functions that a server runs by name.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use amqp_rpc::{
    CallError, Execution, FaultCode, Server,
    contract::Repetition,
    error::StartError,
    middleware::{self, IncomingCall, Next, Reply},
    server::{QueueOptions, RawMethod, RawService},
};
use serde_json::{Value, json};

use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci, Gatekeeper, connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

async fn sum(call: IncomingCall) -> Result<Reply, amqp_rpc::Fault> {
    let numbers: Vec<u64> = call.json()?;
    if numbers.is_empty() {
        return Reply::error(&json!({"code": "nothing"}));
    }
    Reply::json(&numbers.iter().sum::<u64>())
}

#[tokio::test]
async fn a_function_is_served_by_name_beside_typed_services() {
    let vhost = Vhost::create().await;
    let list = |_: IncomingCall| async { Reply::json(&["oak", "elm"]) };
    let server = Server::new()
        .service(FibServer::new(Fibonacci))
        .raw("legacy.sum", sum)
        // Next to the typed methods of the same service, in their queue.
        .raw("fib.sum", sum)
        .raw("servers.trees.list", list);
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["fib", "legacy", "servers.trees"]);
    let client = connect(&vhost).await;

    for name in ["legacy.sum", "fib.sum"] {
        assert_eq!(client.call_json(name, json!([1, 2, 3])).await.unwrap(), json!(6));
    }
    assert_eq!(client.call_json("servers.trees.list", json!(null)).await.unwrap(), json!(["oak", "elm"]));
    assert_eq!(FibClient::new(client.clone()).compute(10).await.unwrap(), 55);

    let error = client.call_json("legacy.sum", json!([])).await.unwrap_err();
    assert!(matches!(&error, CallError::Method(own) if own.0["code"] == "nothing"), "{error:?}");
    let error = client.call_json("legacy.sum", json!([1, "two"])).await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!((fault.code(), fault.field()), (&FaultCode::BadRequest, Some("[1]")));
    assert_eq!(client.call_bytes("legacy.sum", "[1]").await.unwrap(), "1", "bytes may be JSON");
    let error = client.call_bytes("legacy.sum", "[1]").content_type("image/png").await.unwrap_err();
    let CallError::Fault(fault) = &error else { panic!("{error:?}") };
    assert_eq!(*fault.code(), FaultCode::UnsupportedMediaType);
}

#[tokio::test]
async fn only_registered_names_are_reachable() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().raw("legacy.sum", sum), &vhost).await;
    let client = connect(&vhost).await;
    for name in ["legacy.__init__", "legacy", "legacy.sum.__class__", "sum"] {
        let call = client.call_json(name, json!([1])).exchange("").routing_key("legacy");
        let error = call.await.unwrap_err();
        let CallError::Fault(fault) = &error else { panic!("{name}: {error:?}") };
        assert_eq!(*fault.code(), FaultCode::UnknownMethod, "{name}");
        assert_eq!(error.execution(), Execution::Never);
    }
}

#[tokio::test]
async fn a_typed_client_can_be_served_by_a_function() {
    let vhost = Vhost::create().await;
    let compute = |call: IncomingCall| async move {
        let request: Value = call.json()?;
        match request["n"].as_u64() {
            Some(n) if n <= 90 => Reply::json(&n),
            _ => Reply::error(&FibError::TooLarge { limit: 90 }),
        }
    };
    let _server = start(Server::new().raw("fib.compute", compute), &vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    assert_eq!(fib.compute(7).await.unwrap(), 7);
    let error = fib.compute(91).await.unwrap_err();
    assert!(matches!(error, CallError::Method(FibError::TooLarge { limit: 90 })), "{error:?}");
}

#[tokio::test]
async fn a_raw_method_may_have_its_own_address() {
    let vhost = Vhost::create().await;
    let legacy = RawMethod::new("legacy.sum").exchange("").queue("legacy_queue");
    let keyed = RawMethod::new("sum").exchange("numbers").routing_key("add").queue("numbers.v2");
    let server = Server::new().raw(legacy, sum).raw(keyed, sum).namespace("test");
    let server = start(server, &vhost).await;
    assert_eq!(server.queues(), ["test.legacy_queue", "test.numbers.v2"]);
    let client = amqp_rpc::Client::builder().namespace("test").connect(vhost.uri()).await.unwrap();
    let call = client.call_json("anything", json!([2, 2])).exchange("").routing_key("legacy_queue");
    assert_eq!(call.await.unwrap(), json!(4));
    let call = client.call_json("sum", json!([2, 3])).exchange("numbers").routing_key("add");
    assert_eq!(call.await.unwrap(), json!(5));
}

#[tokio::test]
async fn raw_methods_that_cannot_be_served_are_refused_before_anything_is_declared() {
    let vhost = Vhost::create().await;
    let twice = Server::new().service(FibServer::new(Fibonacci)).raw("fib.compute", sum);
    match twice.start(vhost.uri()).await {
        Err(StartError::DuplicateRoute { first, second, .. }) => {
            assert_eq!((first, second), ("fib.compute", "fib.compute"));
        }
        other => panic!("{other:?}"),
    }
    let wrong = [
        (RawMethod::new(""), "empty"),
        (RawMethod::new("a..b"), "empty part"),
        (RawMethod::new("a.b").queue(""), "needs the name of a queue"),
        (RawMethod::new("a.b").exchange("").routing_key("b"), "must be its queue"),
        (RawMethod::new("a".repeat(256)).queue("a"), "255 bytes"),
    ];
    for (method, why) in wrong {
        match Server::new().raw(method.clone(), sum).start(vhost.uri()).await {
            Err(StartError::InvalidOption(text)) => assert!(text.contains(why), "{text}"),
            other => panic!("{method:?}: {other:?}"),
        }
    }
    assert_eq!(vhost.queues().await, Vec::<String>::new());
}

#[tokio::test]
async fn raw_methods_have_the_layers_panics_and_shutdowns_of_typed_ones() {
    let vhost = Vhost::create().await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = {
        let seen = Arc::clone(&seen);
        move |call: IncomingCall, next: Next| {
            seen.fetch_add(1, Ordering::SeqCst);
            next.run(call)
        }
    };
    let gate = Gatekeeper::closed();
    let waits = {
        let gate = gate.clone();
        move |_: IncomingCall| {
            let gate = gate.clone();
            async move {
                gate.wait().await;
                Reply::json(&"passed")
            }
        }
    };
    let trips = |call: IncomingCall| -> std::future::Ready<_> {
        panic!("tripped over {:?}", call.method().full_name)
    };
    let server =
        Server::new().layer(middleware::from_fn(count)).raw("gate.wait", waits).raw("gate.trip", trips);
    let server = start(server, &vhost).await;
    let client = connect(&vhost).await;

    let error = client.call_json("gate.trip", json!(null)).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Panicked), "{error:?}");
    let waiting = tokio::spawn(client.call_json("gate.wait", json!(null)));
    gate.until_running(1).await;
    let stopping = tokio::spawn(server.shutdown());
    gate.open_for(1);
    assert_eq!(within("the reply", waiting).await.unwrap().unwrap(), json!("passed"));
    assert!(within("the shutdown", stopping).await.unwrap().unwrap().abandoned.is_empty());
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_one_way_failure_of_a_raw_method_goes_to_the_dead_letters() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().raw("legacy.sum", sum), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    // A request without reply address.
    peer.publish("amqp-rpc", "legacy.sum", lapin::BasicProperties::default(), b"{}").await;
    await_until("the dead letter", async || {
        vhost.queue("legacy.dead").await.is_some_and(|queue| queue.ready == 1)
    })
    .await;
}

#[tokio::test]
async fn raw_services_join_and_leave_a_running_server() {
    let vhost = Vhost::create().await;
    let server = start(Server::new().service(FibServer::new(Fibonacci)), &vhost).await;
    let client = connect(&vhost).await;
    within("the addition", server.add(RawService::new("legacy.sum", sum))).await.unwrap();
    let options = QueueOptions::new();
    let once = RawMethod::new("once.sum").repetition(Repetition::AtMostOnce);
    within("the addition", server.add_with(RawService::new(once, sum), options)).await.unwrap();
    for name in ["legacy.sum", "once.sum"] {
        assert_eq!(client.call_json(name, json!([4, 5])).await.unwrap(), json!(9));
    }
    let twice = within("the refusal", server.add(RawService::new("legacy.sum", sum))).await.unwrap_err();
    assert!(
        twice.to_string().contains("legacy.sum") || format!("{twice:?}").contains("legacy.sum"),
        "{twice}"
    );
    within("the removal", server.remove("legacy")).await.unwrap();
    assert_eq!(server.queues(), ["fib", "once"]);
    within("the addition", server.add(RawService::new("legacy.sum", sum))).await.unwrap();
    assert_eq!(client.call_json("legacy.sum", json!([4])).await.unwrap(), json!(4));
}
