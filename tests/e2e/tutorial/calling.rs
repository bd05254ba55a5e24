//! A call of the tutorial: what the caller gets, and what the client sends.

use std::{collections::BTreeSet, future::Future};

use amqp_rpc::{CallError, contract::NoError};
use futures_util::future::join_all;
use lapin::options::QueueDeclareOptions;

use crate::{
    services::{Fib, FibClient, Fibonacci, GateClient, connect, serve_fib},
    support::{Proxy, RawPeer, Vhost, await_until, proxy::Toward},
    tutorial::foreign_server_and_client,
};

#[tokio::test]
async fn each_method_is_a_function_that_returns_the_decoded_result() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let fib = FibClient::new(connect(&vhost).await);

    assert_eq!(fib.compute(30).await.unwrap(), 832_040);
    assert_eq!(fib.whoami().await.unwrap(), "-/-");
}

/// Compiles only for a future of a `Result`.
fn assert_remote<T, E>(call: impl Future<Output = Result<T, CallError<E>>>) {
    drop(call);
}

#[tokio::test]
async fn an_infallible_method_is_called_as_a_future_of_a_result() {
    let vhost = Vhost::create().await;
    let client = connect(&vhost).await;
    assert_remote::<String, NoError>(FibClient::new(client.clone()).whoami());
    assert_remote::<u64, NoError>(GateClient::new(client).echo(1));
    // The implementation itself can be called locally.
    assert_eq!(Fib::compute(&Fibonacci, 30).await, Ok(832_040));
}

fn reply_queues(queues: Vec<String>) -> Vec<String> {
    queues.into_iter().filter(|queue| queue.starts_with("amqp-rpc.reply.")).collect()
}

#[tokio::test]
async fn a_client_has_one_callback_queue_for_all_calls_consumed_without_acks() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = amqp_rpc::Client::connect(proxy.uri()).await.unwrap();
    let (one, other) = (FibClient::new(client.clone()), FibClient::new(client.clone()));
    for n in 0..50 {
        one.compute(n).await.unwrap();
        other.whoami().await.unwrap();
    }

    assert_eq!(reply_queues(vhost.queues().await).len(), 1);
    let said = proxy.methods(Toward::Broker);
    let times = |method: &str| said.iter().filter(|said| *said == method).count();
    assert_eq!((times("queue.declare"), times("basic.consume"), times("basic.ack")), (1, 1, 0));

    let _second = connect(&vhost).await;
    assert_eq!(reply_queues(vhost.queues().await).len(), 2, "another client has another");
    client.close().await;
    await_until("the queue goes with its client", || async { reply_queues(vhost.queues().await).len() == 1 })
        .await;
}

#[tokio::test]
async fn the_callback_queue_is_exclusive() {
    let vhost = Vhost::create().await;
    let _client = connect(&vhost).await;
    let queue = reply_queues(vhost.queues().await).pop().expect("the client has a callback queue");

    let channel = RawPeer::connect(&vhost.uri()).await.open_channel().await;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let refused = channel.queue_declare(queue.as_str().into(), passive, Default::default()).await;
    assert!(refused.unwrap_err().to_string().contains("RESOURCE_LOCKED"));
}

#[tokio::test]
async fn every_request_names_the_callback_queue_and_has_a_unique_id() {
    let vhost = Vhost::create().await;
    let (mut server, _client, tutorial) = foreign_server_and_client(&vhost).await;
    let callback_queue = reply_queues(vhost.queues().await).pop().expect("the client has a callback queue");

    let calls: Vec<_> = (0..200).map(|n| tokio::spawn(tutorial.fib(n))).collect();
    let mut ids = BTreeSet::new();
    for request in server.requests.collect(200).await {
        assert_eq!(request.reply_to(), Some(callback_queue.as_str()));
        let id = request.correlation_id().expect("a request has a correlation id");
        assert_eq!(id.len(), 36);
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4);
        assert!(ids.insert(id.to_owned()), "{id} came twice");
        server.answer(&request, request.text()).await;
    }
    let answers = join_all(calls).await;
    assert!((0..).zip(answers).all(|(n, answer)| answer.unwrap().unwrap() == n));
}

#[tokio::test]
async fn on_the_default_exchange_the_routing_key_is_the_queue() {
    let vhost = Vhost::create().await;
    let (mut server, _client, tutorial) = foreign_server_and_client(&vhost).await;
    let call = tokio::spawn(tutorial.fib(30));
    let request = server.next().await;
    assert_eq!((request.exchange.as_str(), request.routing_key.as_str()), ("", "rpc_queue"));
    assert_eq!(request.text(), "30");
    server.answer(&request, 832_040).await;
    assert_eq!(call.await.unwrap().unwrap(), 832_040);
}

#[tokio::test]
async fn a_call_is_one_message_out_and_one_in_and_nothing_else() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let fib = FibClient::new(amqp_rpc::Client::connect(proxy.uri()).await.unwrap());
    // The first call of an epoch looks whether the exchange is there.
    fib.compute(1).await.unwrap();
    let said = || (proxy.methods(Toward::Broker), proxy.methods(Toward::Client));
    let before = said();

    for answer in join_all((0..50).map(|n| fib.compute(n))).await {
        answer.unwrap();
    }
    for n in 0..50 {
        fib.compute(n).await.unwrap();
    }

    let after = said();
    assert_eq!(after.0[before.0.len()..], vec!["basic.publish"; 100]);
    assert_eq!(after.1[before.1.len()..], vec!["basic.deliver"; 100]);
}
