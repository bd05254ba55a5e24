//! A bounded queue: whatever leaves it unanswered comes to its overflow, and is answered, dropped or kept.

use amqp_rpc::{Server, server::QueueOptions};
use lapin::{BasicProperties, types::AMQPValue};

use super::{DURABLE, Failing, JOB, JobsServer, arguments, publish_later, text, until_dead};
use crate::{
    services::{GateClient, GateServer, Gatekeeper, connect, start},
    support::{RawPeer, Vhost, await_until, left_out::leave_out},
};

/// Returns whether a full queue only refuses, as on LavinMQ, and does not dead-letter what it refuses.
async fn only_refuses(vhost: &Vhost) -> bool {
    let broker = connect(vhost).await.state().broker().expect("the client is connected");
    !broker.has_reject_publish_dlx()
}

/// A server of one call at a time, and room for one more, both taken.
async fn serve_full(vhost: &Vhost) -> (amqp_rpc::RunningServer, Gatekeeper, GateClient) {
    let gate = Gatekeeper::closed();
    let options = QueueOptions::new().max_length(1);
    let server = Server::new().service_with(GateServer::new(gate.clone()), options).concurrency(1);
    let server = start(server, vhost).await;
    let gates = GateClient::new(connect(vhost).await);
    tokio::spawn(gates.pass(1));
    gate.until_running(1).await;
    (server, gate, gates)
}

#[tokio::test]
async fn a_call_that_was_dead_before_and_meets_a_full_queue_is_answered() {
    let vhost = Vhost::create().await;
    if only_refuses(&vhost).await {
        return leave_out("the broker drops dead letters that meet a full queue");
    }
    let (_server, gate, gates) = serve_full(&vhost).await;
    tokio::spawn(gates.pass(2));
    await_until("it waits", || async { vhost.existing_queue("gate").await.ready == 1 }).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request =
        BasicProperties::default().with_reply_to(replies.queue().into()).with_correlation_id("id".into());
    publish_later(&peer, "gate.pass", request, br#"{"tag":3}"#).await;
    let reply = replies.next().await;
    assert_eq!((reply.correlation_id(), reply.kind()), (Some("id"), Some("fault")));
    assert_eq!(reply.json()["code"], "overloaded");
    assert_eq!(gate.started(), 1);
    gate.open_for(2);
    until_dead(&vhost, "gate", 0).await;
}

#[tokio::test]
async fn a_request_that_expires_in_a_bounded_queue_is_dropped_unanswered() {
    let vhost = Vhost::create().await;
    if only_refuses(&vhost).await {
        return leave_out("messages of a consumed queue expire only when they are next");
    }
    let (_server, gate, _gates) = serve_full(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let address = || BasicProperties::default().with_reply_to(replies.queue().into());
    let late = address().with_expiration("20".into());
    peer.publish("amqp-rpc", "gate.pass", late.with_correlation_id("late".into()), br#"{"tag":2}"#).await;
    await_until("it has expired", || async {
        let settled = vhost.existing_queue("gate.overflow").await.is_settled();
        settled && vhost.existing_queue("gate").await.ready == 0
    })
    .await;
    let good = address().with_correlation_id("good".into());
    peer.publish("amqp-rpc", "gate.echo", good, br#"{"tag":3}"#).await;
    gate.open_for(1);
    assert_eq!(replies.next().await.correlation_id(), Some("good"), "the late one is not answered");
    until_dead(&vhost, "gate", 0).await;
    assert!(vhost.existing_queue("gate.overflow").await.is_settled());
}

#[tokio::test]
async fn a_message_that_fails_is_a_dead_letter_of_a_bounded_queue_too() {
    let vhost = Vhost::create().await;
    let options = QueueOptions::new().max_length(5);
    let server = Server::new().service_with(JobsServer::new(Failing), options).max_request_bytes(1000);
    let _server = start(server, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 1).await;
    publish_later(&peer, "jobs.fails", BasicProperties::default(), JOB).await;
    until_dead(&vhost, "jobs", 2).await;
    drop((peer.get("jobs.dead").await, peer.get("jobs.dead").await));

    // The transport has discarded the body: the letter is what is left.
    peer.publish("amqp-rpc", "jobs.fails", BasicProperties::default(), &[b' '; 1001]).await;
    until_dead(&vhost, "jobs", 1).await;
    let dead = peer.get("jobs.dead").await.expect("it is kept");
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("request_too_large"));
    assert_eq!(dead.text(), "");
}

#[tokio::test]
async fn a_bounded_queue_dead_letters_to_its_overflow_by_name() {
    let vhost = Vhost::create().await;
    let options = QueueOptions::new().max_length(5);
    let _server = start(Server::new().service_with(JobsServer::new(Failing), options), &vhost).await;
    let overflow = if only_refuses(&vhost).await { "reject-publish" } else { "reject-publish-dlx" };
    let again = arguments([
        ("x-queue-type", text("classic")),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("jobs.overflow")),
        ("x-max-length", AMQPValue::LongInt(5)),
        ("x-overflow", text(overflow)),
    ]);
    RawPeer::connect(&vhost.uri()).await.declare_queue("jobs", DURABLE, again).await;
    assert_eq!(vhost.queues().await, ["jobs", "jobs.dead", "jobs.overflow"]);
}
