//! Faults of some callers do not affect others: forged addresses, a silent second connection, cancelled
//! consumers.

use std::time::{Duration, Instant};

use amqp_rpc::{Client, ConnectOptions, RunningServer, Server, client::ReplyTo};
use amqp_rpc_broker::{
    Broker,
    faults::{Action, Direction, Matcher, Method},
    recorder::ObservedMethod,
};
use lapin::BasicProperties;

use crate::{
    services::{GateClient, GateServer, Gatekeeper},
    support::{RawPeer, await_until, embedded_broker, within},
};

const FORGED: &str = "amq.rabbitmq.reply-to.x.y";

async fn serve(concurrency: u16) -> (Broker, RunningServer, Gatekeeper) {
    let broker = embedded_broker().start().await.expect("the loopback has a free port");
    let gate = Gatekeeper::closed();
    let server = Server::new().service(GateServer::new(gate.clone())).concurrency(concurrency);
    let start = server.start(ConnectOptions::new(broker.uri()).name("server"));
    let server = within("the server to start", start).await.expect("the server starts");
    (broker, server, gate)
}

async fn client(broker: &Broker, reply_to: ReplyTo) -> GateClient {
    let client = Client::builder().reply_to(reply_to).timeout(Duration::from_secs(60)).connect(broker.uri());
    GateClient::new(within("the client to connect", client).await.expect("the client connects"))
}

#[tokio::test]
async fn replies_that_arrive_do_not_lengthen_the_pause_after_a_forged_address() {
    let (broker, _server, _gate) = serve(4).await;
    let forged =
        |publish: &ObservedMethod| publish.exchange() == Some("") && publish.routing_key() == Some(FORGED);
    let to_forged = Matcher::from_client(Method::BasicPublish).matching(forged);
    let rule = broker.on(to_forged, Action::CloseConnection(541, "INTERNAL_ERROR".into()));
    let (peer, direct) = (RawPeer::connect(&broker.uri()).await, client(&broker, ReplyTo::Direct).await);
    for round in 1..=3 {
        // One after the other: the server handles each in its own round.
        for tag in 0..30 {
            assert_eq!(within("an undisturbed call", direct.echo(tag)).await.unwrap(), tag);
        }
        let request = BasicProperties::default().with_reply_to(FORGED.into());
        peer.publish("amqp-rpc", "gate.echo", request, br#"{"tag":666}"#).await;
        await_until("the broker closes the connection", || async { rule.hits() >= round * 2 - 1 }).await;
        let since = Instant::now();
        assert_eq!(within("the delayed call", direct.echo(round as u64)).await.unwrap(), round as u64);
        let waited = since.elapsed();
        assert!(waited < Duration::from_secs(3), "two pauses of 100 ms at most, not {waited:?}");
    }
}

#[tokio::test]
async fn a_recreated_consumer_runs_no_more_calls_at_once() {
    let (broker, server, gate) = serve(2).await;
    let vhost = broker.vhost("/").expect("it is never removed");
    let gates = client(&broker, ReplyTo::ExclusiveQueue).await;
    let calls: Vec<_> = (0..12).map(|tag| tokio::spawn(gates.pass(tag))).collect();
    let unacked = || async { vhost.queue("gate").await.expect("the server declared it").unacked };
    for round in 1..=3 {
        gate.until_started(round * 2).await;
        await_until("only what runs is unacknowledged", || async { unacked().await == 2 }).await;
        assert_eq!(vhost.cancel_consumers("gate").await, 1);
        await_until("the next consumer has its own window", || async { unacked().await == 4 }).await;
        gate.open_for(2);
    }
    gate.open_for(12);
    for (tag, call) in (0..).zip(calls) {
        assert_eq!(within("the answer", call).await.unwrap().unwrap(), tag);
    }
    assert_eq!(gate.most_running(), 2);
    assert!(within("the shutdown", server.shutdown()).await.unwrap().is_clean());
}

#[tokio::test]
async fn a_silent_second_connection_delays_direct_callers_only() {
    let (broker, server, _gate) = serve(4).await;
    let (direct, exclusive) =
        (client(&broker, ReplyTo::Direct).await, client(&broker, ReplyTo::ExclusiveQueue).await);
    let vhost = broker.vhost("/").expect("it is never removed");
    let first = vhost.connection("server").await.expect("it serves").id();
    assert_eq!(within("the first direct call", direct.echo(0)).await.unwrap(), 0);
    let mut connections = vhost.open_connections().await.into_iter();
    let second = connections.find(|it| it.name() == "server" && it.id() != first);
    let stalled = second.expect("a direct reply left over it").stall(Direction::FromClient);
    // Twice as many as may be unacknowledged.
    let waiting: Vec<_> = (0..8).map(|tag| tokio::spawn(direct.echo(tag))).collect();
    await_until("the window is full", || async {
        vhost.queue("gate").await.expect("the server declared it").unacked == 4
    })
    .await;
    let since = Instant::now();
    for tag in 0..20 {
        assert_eq!(within("an undisturbed call", exclusive.echo(tag)).await.unwrap(), tag);
    }
    assert!(since.elapsed() < Duration::from_secs(10), "a second or two, not {:?}", since.elapsed());
    assert!(waiting.iter().all(|call| !call.is_finished()));
    drop(stalled);
    for (tag, call) in (0..).zip(waiting) {
        assert_eq!(within("the delayed reply", call).await.unwrap().unwrap(), tag);
    }
    await_until("all is settled", || async {
        let queue = vhost.queue("gate").await.expect("the server declared it");
        (queue.ready, queue.unacked) == (0, 0)
    })
    .await;
    assert_eq!(server.stats().lost_direct_replies, 0);
}
