//! A poison message: the server takes it out of a quorum queue before the broker would drop it.

use amqp_rpc::{
    Server,
    server::{QueueOptions, QueueType},
};
use futures_util::StreamExt;
use lapin::BasicProperties;

use super::{Failing, JobsServer, publish_later, until_dead};
use crate::{
    services::start,
    support::{RawPeer, Vhost, within},
};

#[tokio::test]
async fn a_poison_message_that_was_dead_before_is_a_dead_letter_and_its_caller_is_told() {
    let vhost = Vhost::create().await;
    let server = || {
        let quorum = QueueOptions::new().queue_type(QueueType::Quorum).delivery_limit(2);
        Server::new().service_with(JobsServer::new(Failing), quorum)
    };
    start(server(), &vhost).await.shutdown().await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request =
        BasicProperties::default().with_reply_to(replies.queue().into()).with_correlation_id("id".into());
    publish_later(&peer, "jobs.answers", request, b"{\"n\":7}").await;
    // Servers that die of it.
    for _ in 0..2 {
        let victim = peer.open_channel().await;
        let consumer = victim.basic_consume("jobs".into(), "".into(), Default::default(), Default::default());
        let mut deliveries = consumer.await.expect("it may read");
        assert!(within("a delivery", deliveries.next()).await.expect("the channel is open").is_ok());
        victim.close(200, "died".into()).await.expect("it closes");
    }

    let _server = start(server(), &vhost).await;
    let reply = replies.next().await;
    assert_eq!((reply.correlation_id(), reply.kind()), (Some("id"), Some("fault")));
    assert_eq!(reply.json()["code"], "maybe_executed");
    until_dead(&vhost, "jobs", 1).await;
    let dead = peer.get("jobs.dead").await.expect("it is kept");
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("delivery_limit"));
    assert_eq!(dead.kind(), Some("jobs.answers"));

    // Sent again it is a new message, with all its deliveries.
    peer.publish("", "jobs", dead.properties.clone(), b"{\"n\":7}").await;
    assert_eq!(replies.next().await.text(), "7");
}
