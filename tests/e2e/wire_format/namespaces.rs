//! Namespaces: the names they prefix on the broker, and that both sides need the same one.

use amqp_rpc::{CallError, Client, RunningServer, Server};
use lapin::BasicProperties;

use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, start},
    support::{RawPeer, Vhost, await_until, within},
    tutorial::{TutorialClient, TutorialServer, seed_shape},
};

async fn client_in(vhost: &Vhost, namespace: &str) -> Client {
    let client = Client::builder().namespace(namespace).connect(vhost.uri());
    within("the client to connect", client).await.expect("the client connects")
}

async fn serve_fib_in(vhost: &Vhost, namespace: &str) -> RunningServer {
    start(Server::new().namespace(namespace).service(FibServer::new(Fibonacci)), vhost).await
}

#[tokio::test]
async fn a_namespace_prefixes_exchanges_and_queues_but_not_routing_keys() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, "staging").await;
    assert_eq!(server.queues(), ["staging.fib"]);
    assert_eq!(vhost.queues().await, ["staging.fib", "staging.fib.dead"]);

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request =
        BasicProperties::default().with_reply_to(replies.queue().into()).with_type("fib.compute".into());
    for (exchange, key) in [("staging.amqp-rpc", "fib.compute"), ("", "staging.fib")] {
        assert!(peer.publish_mandatory(exchange, key, request.clone(), b"{\"n\":10}").await);
        assert_eq!(replies.next().await.text(), "55", "{exchange} {key}");
    }
    assert!(!peer.publish_mandatory("staging.amqp-rpc", "staging.fib.compute", request, b"{\"n\":10}").await);

    peer.publish("staging.amqp-rpc", "fib.compute", BasicProperties::default(), b"bad").await;
    await_until("dead letters stay in the namespace", || async {
        vhost.existing_queue("staging.fib.dead").await.ready == 1
    })
    .await;
}

#[tokio::test]
async fn calls_of_another_namespace_or_of_none_do_not_arrive() {
    let vhost = Vhost::create().await;
    let _server = serve_fib_in(&vhost, "staging").await;
    for (client, exchange) in
        [(connect(&vhost).await, "amqp-rpc"), (client_in(&vhost, "production").await, "production.amqp-rpc")]
    {
        let error = FibClient::new(client).compute(10).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Unroutable(nobody) if nobody.exchange() == exchange),
            "{error:?}"
        );
    }
    assert_eq!(FibClient::new(client_in(&vhost, "staging").await).compute(10).await.unwrap(), 55);
}

#[tokio::test]
async fn one_trait_serves_several_tenants() {
    let vhost = Vhost::create().await;
    let (mut servers, mut calls) = (Vec::new(), Vec::new());
    let gates = [Gatekeeper::closed(), Gatekeeper::closed()];
    for (tenant, gate) in ["acme", "umbrella"].into_iter().zip(&gates) {
        servers.push(
            start(Server::new().namespace(tenant).service(GateServer::new(gate.clone())), &vhost).await,
        );
        let client = GateClient::new(client_in(&vhost, tenant).await);
        calls.push(tokio::spawn(client.pass(7)));
    }
    for (gate, call) in gates.iter().zip(calls) {
        gate.until_running(1).await;
        gate.open_for(1);
        assert_eq!(within("the tenant's call", call).await.unwrap().unwrap(), 7);
    }
    assert_eq!(gates.map(|gate| gate.started()), [1, 1]);
}

#[tokio::test]
async fn on_the_default_exchange_a_namespace_prefixes_the_routing_key_with_its_queue() {
    let vhost = Vhost::create().await;
    let server =
        Server::new().namespace("staging").service_with(TutorialServer::new(Fibonacci), seed_shape());
    let _server = start(server, &vhost).await;
    assert_eq!(vhost.queues().await, ["staging.rpc_queue"]);
    assert_eq!(TutorialClient::new(client_in(&vhost, "staging").await).fib(10).await.unwrap(), 55);

    let error = TutorialClient::new(connect(&vhost).await).fib(10).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(nobody) if nobody.routing_key() == "rpc_queue"),
        "{error:?}"
    );
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = BasicProperties::default().with_reply_to(replies.queue().into());
    assert!(peer.publish_mandatory("", "staging.rpc_queue", request, b"10").await);
    assert_eq!(replies.next().await.text(), "55");
}
