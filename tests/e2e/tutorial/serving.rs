//! A server takes requests, answers and settles them, and shares the load with a second server.

use amqp_rpc::Server;
use futures_util::future::join_all;
use lapin::BasicProperties;

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_gate},
    support::{Proxy, RawPeer, Vhost, await_until, proxy::Toward, within},
};

#[tokio::test]
async fn a_server_declares_its_queue_and_prefetches_no_more_than_it_may_run() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(GateServer::new(gate.clone())).concurrency(3);
    let _server = within("the server", server.start(proxy.uri())).await.unwrap();
    let said = proxy.methods(Toward::Broker);
    let place = |method: &str| said.iter().position(|said| said == method).expect(method);
    assert!(place("queue.declare") < place("basic.qos") && place("basic.qos") < place("basic.consume"));

    let gates = GateClient::new(connect(&vhost).await);
    let calls: Vec<_> = (0..10).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    gate.until_running(3).await;
    await_until("the others wait on the broker", || async {
        let queue = vhost.existing_queue("gate").await;
        (queue.ready, queue.unacked, queue.consumers) == (7, 3, 1)
    })
    .await;

    gate.open_for(10);
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), tag);
    }
    await_until("all is acknowledged", || async { vhost.existing_queue("gate").await.is_settled() }).await;
    assert_eq!(gate.most_running(), 3);
}

#[tokio::test]
async fn a_request_is_acknowledged_after_its_reply_was_sent() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    // One at a time, so that each acknowledgement belongs to the reply before it.
    let server = Server::new().service(FibServer::new(Fibonacci)).concurrency(1);
    let server = within("the server", server.start(proxy.uri())).await.unwrap();
    let fib = FibClient::new(connect(&vhost).await);
    for answer in join_all((0..50).map(|n| fib.compute(n))).await {
        answer.unwrap();
    }
    within("the shutdown", server.shutdown()).await.unwrap();

    let mut said = proxy.methods(Toward::Broker);
    said.retain(|method| {
        ["basic.publish", "basic.ack", "basic.nack", "basic.reject"].contains(&method.as_str())
    });
    assert_eq!(said, ["basic.publish", "basic.ack"].repeat(50));
}

#[tokio::test]
async fn the_reply_goes_to_reply_to_on_the_default_exchange_with_the_request_s_id() {
    let vhost = Vhost::create().await;
    let _server = crate::tutorial::serve_tutorial(&vhost, crate::tutorial::seed_shape()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = BasicProperties::default()
        .with_reply_to(replies.queue().into())
        .with_correlation_id("any id at all".into());
    assert!(peer.publish_mandatory("", "rpc_queue", request, b"30").await);

    let reply = replies.next().await;
    assert_eq!((reply.exchange.as_str(), reply.routing_key.as_str()), ("", replies.queue()));
    assert_eq!(reply.correlation_id(), Some("any id at all"));
    assert_eq!(reply.text(), "832040");
}

#[tokio::test]
async fn a_second_server_takes_half_of_the_load() {
    let vhost = Vhost::create().await;
    let gates_of_servers = [Gatekeeper::closed(), Gatekeeper::closed()];
    let gates = GateClient::new(connect(&vhost).await);
    let _first = serve_gate(&vhost, &gates_of_servers[0], 5).await;
    let _second = serve_gate(&vhost, &gates_of_servers[1], 5).await;
    assert_eq!(vhost.existing_queue("gate").await.consumers, 2);

    let calls: Vec<_> = (0..10).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    for gate in &gates_of_servers {
        gate.until_running(5).await;
    }
    for gate in &gates_of_servers {
        gate.open_for(5);
    }
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the call", call).await.unwrap().unwrap(), tag);
    }
}
