//! Replies to direct reply-to addresses: they leave over a second connection, which a forged address may
//! close.

use std::time::Duration;

use amqp_rpc::{Client, ConnectOptions, RunningServer, Server, client::ReplyTo};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Matcher, Method, ReleaseOrder, Rule},
};
use futures_util::future::join_all;
use lapin::BasicProperties;

use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, serve_gate},
    support::{RawPeer, Vhost, await_until, embedded_broker, within},
};

/// Forged addresses: one that no broker makes, one that is valid to RabbitMQ 3.10 but names no node, and one
/// in LavinMQ's form.
const FORGED: [&str; 4] = [
    "amq.rabbitmq.reply-to.x.y",
    "amq.rabbitmq.reply-to.",
    "amq.rabbitmq.reply-to.g1hkAAlmb3JnZWRAYTEAAAAAAAAAAWAAAAA=.Zm9yZ2VkZm9yZ2VkZm8=",
    "amq.direct.reply-to.nobody",
];

async fn direct_client(uri: &str) -> GateClient {
    let client = Client::builder().reply_to(ReplyTo::Direct).timeout(Duration::from_secs(60)).connect(uri);
    GateClient::new(within("the client to connect", client).await.expect("the client connects"))
}

async fn send_forged(peer: &RawPeer, address: &str) {
    let request = BasicProperties::default().with_reply_to(address.into());
    peer.publish("amqp-rpc", "gate.echo", request, br#"{"tag":666}"#).await;
}

#[tokio::test]
async fn a_flood_of_forged_addresses_delays_direct_callers_only() {
    let vhost = Vhost::create().await;
    let server = serve_gate(&vhost, &Gatekeeper::closed(), 4).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let (exclusive, direct) = (GateClient::new(connect(&vhost).await), direct_client(&vhost.uri()).await);
    assert_eq!(within("the first call", direct.echo(0)).await.unwrap(), 0);
    let mut honest = Vec::new();
    for round in 0..8 {
        for address in FORGED {
            send_forged(&peer, address).await;
        }
        honest.push(tokio::spawn(direct.echo(round)));
        assert_eq!(within("an undisturbed call", exclusive.echo(round)).await.unwrap(), round);
    }
    for (round, call) in (0..).zip(honest) {
        assert_eq!(within("the delayed call", call).await.unwrap().unwrap(), round);
    }
    assert_eq!(server.state().epoch(), Some(1), "the serving connection stands");
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0, "what was answered is no dead letter");
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
    assert_eq!(vhost.connections().await, 3, "none of the server's connections is left");
}

#[tokio::test]
async fn the_second_connection_is_opened_for_the_first_direct_reply() {
    let vhost = Vhost::create().await;
    let _server = serve_gate(&vhost, &Gatekeeper::closed(), 4).await;
    let exclusive = GateClient::new(connect(&vhost).await);
    assert_eq!(exclusive.echo(1).await.unwrap(), 1);
    assert_eq!(vhost.connections().await, 2);
    let direct = direct_client(&vhost.uri()).await;
    let calls = join_all((0..200).map(|tag| direct.echo(tag)));
    for (tag, answer) in (0..).zip(within("the calls", calls).await) {
        assert_eq!(answer.unwrap(), tag);
    }
    assert_eq!(vhost.connections().await, 4);
}

/// A server on the embedded broker, which closes the connection that publishes to a forged address, as
/// `RabbitMQ` 3.10 does.
async fn serve_fragile(concurrency: u16) -> (Broker, RunningServer, Gatekeeper, Rule) {
    let broker = embedded_broker().start().await.expect("the loopback has a free port");
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).concurrency(concurrency);
    let start = server.start(ConnectOptions::new(broker.uri()).name("server"));
    let server = within("the server to start", start).await.expect("the server starts");
    let forged = |publish: &amqp_rpc_broker::recorder::ObservedMethod| {
        publish.exchange() == Some("") && publish.routing_key().is_some_and(|key| FORGED.contains(&key))
    };
    let to_forged = Matcher::from_client(Method::BasicPublish).matching(forged);
    let rule = broker.on(to_forged, Action::CloseConnection(541, "INTERNAL_ERROR".into()));
    (broker, server, gate, rule)
}

async fn await_settled(broker: &Broker) {
    let vhost = broker.vhost("/").expect("it is never removed");
    await_until("all is settled", || async {
        let queue = vhost.queue("gate").await.expect("the server declared it");
        queue.ready == 0 && queue.unacked == 0
    })
    .await;
}

#[tokio::test]
async fn each_forged_address_is_dropped_and_every_honest_reply_is_delivered() {
    let (broker, server, gate, rule) = serve_fragile(64).await;
    let peer = RawPeer::connect(&broker.uri()).await;
    let direct = direct_client(&broker.uri()).await;
    // One batch: the requests wait at the gate and are answered together.
    let honest: Vec<_> = (0..10).map(|tag| tokio::spawn(direct.pass(tag))).collect();
    gate.until_running(10).await;
    for address in FORGED {
        let request = BasicProperties::default().with_reply_to(address.into());
        peer.publish("amqp-rpc", "gate.pass", request, br#"{"tag":666}"#).await;
    }
    gate.until_running(14).await;
    gate.open_for(14);
    for (tag, call) in (0..).zip(honest) {
        assert_eq!(within("an honest reply", call).await.unwrap().unwrap(), tag);
    }
    await_settled(&broker).await;
    assert_eq!(server.stats().malformed_reply_addresses, FORGED.len() as u64);
    assert!(rule.hits() >= FORGED.len(), "each of them broke a connection");
    assert_eq!(server.state().epoch(), Some(1));
    assert_eq!(within("the next call", direct.echo(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_direct_request_is_acknowledged_once_its_reply_is_confirmed() {
    let (broker, _server, _gate, _rule) = serve_fragile(4).await;
    let vhost = broker.vhost("/").unwrap();
    let direct = direct_client(&broker.uri()).await;
    let confirms = vhost.hold_confirms().await;
    assert_eq!(within("the answer", direct.echo(1)).await.unwrap(), 1);
    within("the reply to be handled", confirms.until(1)).await;
    assert_eq!(vhost.queue("gate").await.unwrap().unacked, 1);
    confirms.release(ReleaseOrder::InOrder).await;
    await_settled(&broker).await;
}

#[tokio::test]
async fn without_a_second_connection_direct_replies_wait_and_others_are_served() {
    let (broker, server, _gate, _rule) = serve_fragile(4).await;
    let direct = direct_client(&broker.uri()).await;
    let client = Client::builder().timeout(Duration::from_secs(60)).connect(broker.uri()).await.unwrap();
    let exclusive = GateClient::new(client);
    assert_eq!(exclusive.echo(0).await.unwrap(), 0);
    broker.refuse_connections(usize::MAX);
    // Twice as many as may run: with all of them unacknowledged nothing else would be served.
    let waiting: Vec<_> = (0..8).map(|tag| tokio::spawn(direct.echo(tag))).collect();
    for tag in 0..20 {
        assert_eq!(within("an undisturbed call", exclusive.echo(tag)).await.unwrap(), tag);
    }
    broker.refuse_connections(0);
    for (tag, call) in (0..).zip(waiting) {
        assert_eq!(within("the delayed reply", call).await.unwrap().unwrap(), tag);
    }
    await_settled(&broker).await;
    assert_eq!(server.stats().lost_direct_replies, 0);
}

#[tokio::test]
async fn a_shutdown_that_cannot_send_a_direct_reply_requeues_its_request() {
    let (broker, server, gate, _rule) = serve_fragile(4).await;
    let direct = direct_client(&broker.uri()).await;
    broker.refuse_connections(usize::MAX);
    let call = tokio::spawn(direct.pass_idempotent(1));
    gate.until_running(1).await;
    gate.open_for(1);
    gate.until_running(0).await;
    within("the bounded shutdown", server.shutdown()).await.unwrap_err();
    broker.refuse_connections(0);
    gate.open_for(1);
    let server = Server::new().service(GateServer::new(gate.clone())).start(broker.uri());
    let _server = within("another server", server).await.unwrap();
    assert_eq!(within("its answer", call).await.unwrap().unwrap(), 1);
    assert_eq!(gate.started(), 2);
}
