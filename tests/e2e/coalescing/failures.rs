//! Client and server with calls that share messages, while servers are lost and queues are missing.

use amqp_rpc::{CallError, Client, Server, rpc_service};
use futures_util::future::join_all;

use super::{client_that_knows, coalescing, echo_all};
use crate::{
    services::{
        FibClient, FibServer, Fibonacci, GateClient, GateServer, Gatekeeper, connect, serve_gate, start,
    },
    support::{RawPeer, Vhost, await_until, within},
};

#[tokio::test]
async fn client_and_server_agree_and_every_call_has_its_own_reply() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 64).await;
    let gates = GateClient::new(coalescing(&vhost).await);
    for round in 0..20 {
        let tags = round * 200..(round + 1) * 200;
        assert_eq!(echo_all(&gates, tags.clone()).await, tags.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_server_that_is_lost_in_the_middle_of_a_message_leaves_no_call_without_an_answer() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let first = serve_gate(&vhost, &gate, 64).await;
    let gates = GateClient::new(coalescing(&vhost).await);
    gate.open_for(1);
    within("the first call", gates.pass(0)).await.unwrap();

    let calls = tokio::spawn(join_all((1..5).map(|tag| gates.pass(tag))));
    gate.until_running(4).await;
    gate.open_for(1);
    gate.until_running(3).await;
    drop(first);
    let second = Gatekeeper::closed();
    second.open_for(4);
    let _second = serve_gate(&vhost, &second, 64).await;
    let tags: Vec<_> = within("the calls", calls).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(tags, [1, 2, 3, 4]);
    assert_eq!(second.started(), 4, "the one that was answered runs again: its message was not settled");
    await_until("the queue is empty", || async { vhost.existing_queue("gate").await.is_settled() }).await;
}

#[tokio::test]
async fn a_server_that_stops_leaves_the_calls_that_it_has_not_done_to_another_one() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let first = serve_gate(&vhost, &gate, 2).await;
    let gates = GateClient::new(coalescing(&vhost).await);
    gate.open_for(1);
    within("the first call", gates.pass(0)).await.unwrap();
    let calls = tokio::spawn(join_all((1..4).map(|tag| gates.pass(tag))));
    gate.until_running(2).await;
    let second = Gatekeeper::closed();
    second.open_for(3);
    let _second = serve_gate(&vhost, &second, 64).await;
    gate.open_for(3);
    within("the shutdown", first.shutdown()).await.unwrap();
    let tags: Vec<_> = within("the calls", calls).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(tags, [1, 2, 3]);
    assert_eq!(gate.started() + second.started(), 4, "each has run once");
}

#[tokio::test]
async fn calls_of_a_message_that_no_queue_takes_are_all_unroutable() {
    let vhost = Vhost::create().await;
    let (mut server, gates) = client_that_knows(&vhost, 8).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let channel = peer.open_channel().await;
    let unbound =
        channel.queue_unbind("gate".into(), "amqp-rpc".into(), "gate.echo".into(), Default::default());
    within("the binding to go", unbound).await.unwrap();
    for call in within("the calls", join_all([gates.echo(1), gates.echo(2), gates.echo(3)])).await {
        let error = call.unwrap_err();
        assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
    }
    // Single ones are routed as before.
    let _call = tokio::spawn(gates.pass(1));
    server.next().await;
}

#[tokio::test]
async fn a_lost_connection_ends_the_calls_of_a_message_and_repeats_the_idempotent_ones() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 64).await;
    let gates = GateClient::new(coalescing(&vhost).await);
    echo_all(&gates, 0..2).await;
    gate.open_for(1);
    within("the first", gates.pass_idempotent(0)).await.unwrap();
    let calls = tokio::spawn(async move {
        tokio::join!(
            join_all([gates.pass_idempotent(1), gates.pass_idempotent(2)]),
            join_all([gates.pass(3), gates.pass(4)]),
        )
    });
    gate.until_running(4).await;
    await_until("the connections are closed", || async { vhost.close_all_connections().await > 0 }).await;
    gate.open_for(1000);
    let (idempotent, others) = within("the calls", calls).await.unwrap();
    let repeated: Vec<_> = idempotent.into_iter().map(Result::unwrap).collect();
    assert_eq!(repeated, [1, 2]);
    for call in others {
        let error = call.unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "{error:?}");
    }
}

#[tokio::test]
async fn clients_that_coalesce_and_others_are_served_side_by_side() {
    let vhost = Vhost::create().await;
    let server = Server::new()
        .service(GateServer::new(Gatekeeper::closed()))
        .service(FibServer::new(Fibonacci))
        .concurrency(8);
    let _server = start(server, &vhost).await;
    let (coalescing, plain): (Client, Client) = (coalescing(&vhost).await, connect(&vhost).await);
    let of_both = [coalescing, plain].map(|client| {
        tokio::spawn(async move {
            let (gates, fib) = (GateClient::new(client.clone()), FibClient::new(client));
            for round in 0..10u64 {
                let tags = round * 50..(round + 1) * 50;
                let (echoes, numbers) = tokio::join!(
                    echo_all(&gates, tags.clone()),
                    join_all((0..50).map(|n| fib.compute(n % 20)))
                );
                assert_eq!(echoes, tags.collect::<Vec<_>>());
                assert!(numbers.into_iter().all(|number| number.is_ok()));
            }
        })
    });
    for client in of_both {
        within("the calls", client).await.unwrap();
    }
}

#[tokio::test]
async fn the_limit_of_replies_is_that_of_each_and_not_of_a_message_with_several() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service(TextsServer::new(Repeater)), &vhost).await;
    let client = Client::builder().coalesce(16).max_reply_bytes(1000).connect(vhost.uri());
    let texts = TextsClient::new(within("the client", client).await.unwrap());
    within("the first", texts.repeat(1)).await.unwrap();
    let lengths = [900; 16].into_iter().chain([1100]);
    let replies = within("the replies", join_all(lengths.map(|length| texts.repeat(length)))).await;
    for reply in &replies[..16] {
        assert_eq!(reply.as_ref().map(String::len).ok(), Some(900), "{reply:?}");
    }
    let error = replies[16].as_ref().unwrap_err();
    assert!(matches!(error, CallError::Decode(_)) && format!("{error:?}").contains("1102"), "{error:?}");
}

#[rpc_service]
trait Texts {
    async fn repeat(&self, length: usize) -> String;
}

struct Repeater;

impl Texts for Repeater {
    async fn repeat(&self, length: usize) -> String {
        "x".repeat(length)
    }
}
