//! Dead letters by LavinMQ's rules, which the embedded broker follows here in every run.

use amqp_rpc::{RunningServer, Server};
use amqp_rpc_broker::{Broker, Like, Vhost};
use lapin::{BasicProperties, types::AMQPValue};

use super::{DURABLE, Failing, JOB, JobsServer, arguments, publish_later, text};
use crate::support::{RawPeer, await_until, within};

struct Fixture {
    broker: Broker,
    _server: RunningServer,
    peer: RawPeer,
}

impl Fixture {
    async fn start() -> Self {
        let broker =
            Broker::builder().like(Like::LavinMq).start().await.expect("the loopback has a free port");
        let uri = broker.uri().to_string();
        let server = Server::new().service(JobsServer::new(Failing)).max_request_bytes(100_000);
        let server = within("the server", server.start(uri.as_str())).await.expect("it starts");
        Self { peer: RawPeer::connect(&uri).await, _server: server, broker }
    }

    fn vhost(&self) -> Vhost {
        self.broker.vhost("/").expect("it is always there")
    }

    async fn until_dead(&self, letters: usize) {
        let vhost = self.vhost();
        await_until("the dead letters", || async {
            let dead = vhost.queue("jobs.dead").await.expect("it is there").ready;
            let jobs = vhost.queue("jobs").await.expect("it is there");
            dead == letters && jobs.ready + jobs.unacked == 0
        })
        .await;
    }
}

#[tokio::test]
async fn on_lavinmq_a_server_starts_and_keeps_what_fails_also_if_it_was_dead_before() {
    let fixture = Fixture::start().await;
    fixture.peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    fixture.until_dead(1).await;
    publish_later(&fixture.peer, "jobs.fails", BasicProperties::default(), JOB).await;
    fixture.until_dead(2).await;
}

#[tokio::test]
async fn on_lavinmq_what_cannot_be_kept_as_it_was_is_kept_as_what_is_left_of_it() {
    let fixture = Fixture::start().await;
    let peer = &fixture.peer;
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), &[b' '; 100_001]).await;
    fixture.until_dead(1).await;
    let dead = peer.get("jobs.dead").await.expect("it is kept");
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("request_too_large"));
    assert_eq!(dead.text(), "");

    // With what the server adds they do not fit into a frame any more.
    let full = BasicProperties::default().with_headers(arguments([("fill", text(&"x".repeat(130_500)))]));
    peer.publish("amqp-rpc", "jobs.fails", full, JOB).await;
    fixture.until_dead(1).await;
    let dead = peer.get("jobs.dead").await.expect("it is kept");
    assert_eq!((dead.text().as_bytes(), dead.text_header("fill")), (JOB, None));
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("internal"));
}

#[tokio::test]
async fn on_lavinmq_expired_messages_are_no_dead_letters() {
    let fixture = Fixture::start().await;
    let to_jobs = arguments([
        ("x-message-ttl", AMQPValue::LongInt(1)),
        ("x-dead-letter-exchange", text("amqp-rpc.dead")),
    ]);
    fixture.peer.declare_queue("late", DURABLE, to_jobs).await;
    fixture.peer.publish("", "late", BasicProperties::default(), JOB).await;
    let vhost = fixture.vhost();
    await_until("it has expired", || async { vhost.queue("late").await.expect("it is there").ready == 0 })
        .await;
    fixture.until_dead(0).await;
}
