//! Queues of a server that are deleted, or refused after a reconnect.

use amqp_rpc::{Server, server::Declare};
use lapin::{options::QueueDeclareOptions, types::FieldTable};

use super::server::{assert_serving, both, lose, start_by};
use crate::{
    services::{FibClient, FibServer, Fibonacci, GateClient, Gatekeeper, connect, start, until_epoch},
    support::{Proxy, RawPeer, Vhost, await_until, within},
};

#[tokio::test]
async fn a_deleted_queue_is_declared_again_and_calls_and_other_queues_do_not_notice() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let server = start(both(&gate), &vhost).await;
    let client = connect(&vhost).await;
    let gates = GateClient::new(client.clone());
    let call = tokio::spawn(gates.pass(3));
    gate.until_running(1).await;

    vhost.delete_queue("fib").await;
    vhost.delete_queue("gate").await;
    for queue in ["fib", "gate"] {
        await_until("the queue is consumed again", || async {
            vhost.queue(queue).await.is_some_and(|queue| queue.consumers == 1)
        })
        .await;
    }
    assert_eq!(within("a call to the new queue", gates.echo(1)).await.unwrap(), 1);
    assert_eq!(within("a call to the new queue", FibClient::new(client).compute(10)).await.unwrap(), 55);
    gate.open_for(1);
    assert_eq!(within("the call that ran meanwhile", call).await.unwrap().unwrap(), 3);
    assert_serving(&server, 1);
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_queue_declared_by_others_is_waited_for_while_the_rest_is_served() {
    for declare in [Declare::Passive, Declare::None] {
        let vhost = Vhost::create().await;
        let gate = Gatekeeper::closed();
        start(both(&gate), &vhost).await.shutdown().await.unwrap();
        let server = start(both(&gate).declare(declare), &vhost).await;
        let gates = GateClient::new(connect(&vhost).await);

        vhost.delete_queue("fib").await;
        for tag in 0..20 {
            assert_eq!(within("the other queue", gates.echo(tag)).await.unwrap(), tag);
        }
        let peer = RawPeer::connect(&vhost.uri()).await;
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        peer.declare_queue("fib", durable, FieldTable::default()).await;
        await_until("it is consumed", || async { vhost.existing_queue("fib").await.consumers == 1 }).await;
        assert_serving(&server, 1);

        // A drain that comes while a queue is missing waits for nothing.
        vhost.delete_queue("fib").await;
        assert_eq!(within("the other queue", gates.echo(0)).await.unwrap(), 0);
        assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    }
}

#[tokio::test]
async fn a_queue_that_is_refused_after_a_reconnect_does_not_stop_the_others() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, both(&Gatekeeper::closed())).await;
    lose(&server, &proxy).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    vhost.delete_queue("fib").await;
    // Declared without its arguments: 406 for the server.
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    peer.declare_queue("fib", durable, FieldTable::default()).await;
    proxy.refuse(false);
    until_epoch(&server, 2).await;
    let client = connect(&vhost).await;
    assert_eq!(within("the other queue", GateClient::new(client.clone()).echo(1)).await.unwrap(), 1);
    assert_eq!(vhost.existing_queue("fib").await.consumers, 0);

    vhost.delete_queue("fib").await;
    await_until("it is made and consumed", || async {
        vhost.queue("fib").await.is_some_and(|queue| queue.consumers == 1)
    })
    .await;
    assert_eq!(within("the call", FibClient::new(client).compute(10)).await.unwrap(), 55);
    assert_serving(&server, 2);
}

#[tokio::test]
async fn the_state_says_what_keeps_a_server_from_serving_again() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = start_by(&proxy, Server::new().service(FibServer::new(Fibonacci))).await;
    lose(&server, &proxy).await;
    vhost.delete_queue("fib").await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    peer.declare_queue("fib", durable, FieldTable::default()).await;
    proxy.refuse(false);

    await_until("the state says what is wrong", || async {
        let state = server.state().to_string();
        state.contains("queue `fib` exists with other arguments") && state.contains("PRECONDITION_FAILED")
    })
    .await;
    vhost.delete_queue("fib").await;
    until_epoch(&server, 2).await;
    assert_eq!(FibClient::new(connect(&vhost).await).compute(10).await.unwrap(), 55);
}
