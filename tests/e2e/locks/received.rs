//! Requests that a queue with locks receives before they may run: their time counts from their receipt.

use std::time::Duration;

use lapin::BasicProperties;

use super::{ClustersClient, Operator};
use crate::{
    services::{connect, start},
    support::{RawPeer, Vhost, await_until, within},
};

/// The broker drops what expires in a queue. What it has delivered it expires no more.
#[tokio::test]
async fn a_call_that_expires_behind_others_after_its_delivery_does_not_run() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let _server = start(operator.server().concurrency(1), &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    let first = tokio::spawn(clusters.start_without_lock(1, 1));
    operator.gate.until_running(1).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let lifetime = Duration::from_secs(1);
    let request = BasicProperties::default()
        .with_reply_to(replies.queue().into())
        .with_expiration(lifetime.as_millis().to_string().into());
    for tag in 2..5 {
        let body = format!(r#"{{"id":1,"tag":{tag}}}"#);
        peer.publish("amqp-rpc", "clusters.start_without_lock", request.clone(), body.as_bytes()).await;
    }
    await_until("all are delivered", || async { vhost.existing_queue("clusters").await.unacked == 4 }).await;
    // They were received by now: their time is over when as much has passed.
    tokio::time::sleep(lifetime).await;
    operator.gate.open_for(4);
    within("the call that ran", first).await.unwrap().unwrap();
    for _ in 2..5 {
        let reply = replies.next().await;
        assert_eq!(reply.json()["code"], "expired", "{}", reply.text());
    }
    assert_eq!(operator.intervals.order_of(1), [1]);
}

/// The limit is for the method, not for those that ran before it.
#[tokio::test]
async fn the_time_before_a_call_may_start_does_not_count_towards_its_method_s_limit() {
    let vhost = Vhost::create().await;
    let operator = Operator::new();
    let limit = Duration::from_secs(1);
    let server = operator.server().concurrency(1).handler_timeout(limit);
    let _server = start(server, &vhost).await;
    let clusters = ClustersClient::new(connect(&vhost).await);
    // It runs until the limit, and the others are delivered meanwhile.
    let first = tokio::spawn(clusters.start_without_lock(1, 1));
    operator.gate.until_running(1).await;
    let behind = [2, 3].map(|tag| tokio::spawn(clusters.start_without_lock(1, tag)));
    // The first may be over before, on a machine that is busy; then the others have waited for less.
    await_until("all are delivered", || async {
        first.is_finished() || vhost.existing_queue("clusters").await.unacked == 3
    })
    .await;
    within("the limit", first).await.unwrap().unwrap_err();
    operator.gate.until_started(2).await;
    operator.gate.open_for(2);
    for call in behind {
        within("a call behind it", call).await.unwrap().unwrap();
    }
}
