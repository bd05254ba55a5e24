//! What runs at most once does so over a restart of a broker that forgets what it has delivered, as LavinMQ
//! does. The embedded broker follows its rules here in every run.

use amqp_rpc::{RunningServer, Server, rpc_service, server::ReplyPolicy};
use amqp_rpc_broker::{
    Broker, Like, Vhost,
    faults::{Action, Matcher, Method, Rule},
};
use lapin::{BasicProperties, options::QueueDeclareOptions};

use crate::{
    services::{Gatekeeper, until_epoch},
    support::{RawPeer, await_until, raw_peer::Message, within},
};

#[rpc_service]
trait Orders {
    #[rpc(at_most_once)]
    async fn pay(&self, n: u64) -> u64;
    #[rpc(notify, at_most_once)]
    async fn ship(&self, n: u64);
    async fn price(&self, n: u64) -> u64;
}

impl Orders for Gatekeeper {
    async fn pay(&self, n: u64) -> u64 {
        self.wait().await;
        n
    }

    async fn ship(&self, _n: u64) {
        self.wait().await;
    }

    async fn price(&self, n: u64) -> u64 {
        n
    }
}

/// A server whose calls wait at a gate, and a peer whose reply queue outlives the broker.
struct Fixture {
    broker: Broker,
    gate: Gatekeeper,
    server: RunningServer,
    peer: RawPeer,
}

const REPLIES: &str = "replies";

impl Fixture {
    async fn start(like: Like) -> Self {
        let broker = Broker::builder().like(like).start().await.expect("the loopback has a free port");
        let gate = Gatekeeper::closed();
        let server = Server::new().service(OrdersServer::new(gate.clone())).reply_policy(ReplyPolicy::any());
        let server = within("the server", server.start(broker.uri())).await.expect("it starts");
        let peer = RawPeer::connect(&broker.uri()).await;
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        peer.declare_queue(REPLIES, durable, Default::default()).await;
        Self { broker, gate, server, peer }
    }

    fn vhost(&self) -> Vhost {
        self.broker.vhost("/").expect("it is always there")
    }

    /// Sends a call, or without a reply address a message.
    async fn send(&self, method: &str, id: &str, has_caller: bool) {
        let mut properties = BasicProperties::default().with_delivery_mode(2);
        properties = match has_caller {
            true => properties.with_correlation_id(id.into()).with_reply_to(REPLIES.into()),
            false => properties.with_message_id(id.into()),
        };
        self.peer.publish("amqp-rpc", method, properties, b"{\"n\":7}").await;
    }

    /// Restarts the broker, and waits until the server serves again.
    async fn restart(&mut self, crash: bool, epoch: u64) {
        if crash {
            self.broker.crash().await;
        } else {
            self.broker.stop().await;
        }
        self.broker.start_again().await.expect("its port is free");
        until_epoch(&self.server, epoch).await;
        self.peer = RawPeer::connect(&self.broker.uri()).await;
    }

    async fn reply(&self) -> Message {
        let vhost = self.vhost();
        await_until("a reply", || async { vhost.queue(REPLIES).await.is_some_and(|queue| queue.ready > 0) })
            .await;
        self.peer.get(REPLIES).await.expect("there is one")
    }

    async fn until_settled(&self) {
        let vhost = self.vhost();
        await_until("all is settled", || async {
            vhost.queue("orders").await.is_some_and(|queue| queue.ready + queue.unacked == 0)
        })
        .await;
    }

    /// Counts the server's questions about its acknowledgements, which the broker must answer.
    fn proofs(&self) -> Rule {
        self.broker.on(Matcher::to_client(Method::ChannelFlowOk), Action::Pass)
    }
}

#[tokio::test]
async fn what_was_begun_before_a_restart_of_lavinmq_does_not_run_again() {
    for crash in [false, true] {
        let mut fixture = Fixture::start(Like::LavinMq).await;
        fixture.send("orders.pay", "1", true).await;
        fixture.send("orders.ship", "2", false).await;
        fixture.gate.until_running(2).await;
        fixture.restart(crash, 2).await;

        let fault = fixture.reply().await;
        assert_eq!((fault.correlation_id(), fault.kind()), (Some("1"), Some("fault")));
        assert_eq!(fault.json()["code"], "maybe_executed");
        fixture.until_settled().await;
        let dead = fixture.peer.get("orders.dead").await.expect("who has no caller is kept");
        assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("maybe_executed"));
        assert_eq!(fixture.gate.started(), 2, "each has run once");

        // The same client asks the same again.
        fixture.gate.open_for(2);
        fixture.send("orders.pay", "1", true).await;
        assert_eq!(fixture.reply().await.text(), "7");
        fixture.send("orders.ship", "2", false).await;
        fixture.gate.until_started(4).await;
        within("the shutdown", fixture.server.shutdown()).await.expect("it ends");
    }
}

#[tokio::test]
async fn what_was_begun_before_the_connection_was_lost_does_not_run_again() {
    for like in [Like::RabbitMq3_10, Like::RabbitMq4_3, Like::LavinMq] {
        let mut fixture = Fixture::start(like).await;
        fixture.send("orders.pay", "1", true).await;
        fixture.send("orders.ship", "2", false).await;
        fixture.gate.until_running(2).await;
        fixture.vhost().close_connections("by a test").await;
        until_epoch(&fixture.server, 2).await;
        fixture.peer = RawPeer::connect(&fixture.broker.uri()).await;
        assert_eq!(fixture.reply().await.json()["code"], "maybe_executed");
        fixture.until_settled().await;
        assert!(fixture.peer.get("orders.dead").await.is_some());
        assert_eq!(fixture.gate.started(), 2, "{like:?}");
    }
}

#[tokio::test]
async fn a_call_whose_acknowledgement_is_lost_in_a_restart_does_not_run_again() {
    let mut fixture = Fixture::start(Like::LavinMq).await;
    let lost = fixture.broker.on(Matcher::from_client(Method::BasicAck).nth(1), Action::Stall);
    fixture.gate.open_for(2);
    fixture.send("orders.pay", "1", true).await;
    assert_eq!(fixture.reply().await.text(), "7");
    within("the acknowledgement", lost.hit()).await;
    // The rule stays: without it the broker would read the acknowledgement before it crashes.
    fixture.restart(true, 2).await;
    assert_eq!(fixture.reply().await.json()["code"], "maybe_executed");
    assert_eq!(fixture.gate.started(), 1);
}

/// A peer that uses the same id and the same reply queue for all its calls.
#[tokio::test]
async fn a_call_that_is_settled_for_certain_is_not_taken_for_one_that_says_the_same() {
    let mut fixture = Fixture::start(Like::LavinMq).await;
    fixture.gate.open_for(4);
    let proofs = fixture.proofs();
    for calls in [1, 2] {
        fixture.send("orders.pay", "always", true).await;
        assert_eq!(fixture.reply().await.text(), "7");
        fixture.until_settled().await;
        within("the proof", proofs.until_hits(calls)).await;
    }
    // What came before the reply to this has been handled by the server as well.
    fixture.send("orders.price", "price", true).await;
    assert_eq!(fixture.reply().await.text(), "7");
    fixture.restart(true, 2).await;
    fixture.send("orders.pay", "always", true).await;
    assert_eq!(fixture.reply().await.text(), "7");
    assert_eq!(fixture.gate.started(), 3);
}

#[tokio::test]
async fn a_broker_is_not_asked_about_acknowledgements_without_need() {
    let (lavinmq, rabbitmq) = (Fixture::start(Like::LavinMq).await, Fixture::start(Like::RabbitMq4_3).await);
    let (lavinmq_proofs, rabbitmq_proofs) = (lavinmq.proofs(), rabbitmq.proofs());
    for (fixture, method) in [(&lavinmq, "orders.price"), (&rabbitmq, "orders.pay")] {
        fixture.gate.open_for(1);
        fixture.send(method, "1", true).await;
        assert_eq!(fixture.reply().await.text(), "7");
        fixture.until_settled().await;
    }
    // Far longer than such a question is put off; where it is needed, it comes.
    lavinmq.gate.open_for(1);
    lavinmq.send("orders.pay", "2", true).await;
    within("the proof", lavinmq_proofs.hit()).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!((lavinmq_proofs.hits(), rabbitmq_proofs.hits()), (1, 0));
}
