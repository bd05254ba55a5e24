//! The delivery timeout of the broker: a method runs longer than the broker waits for its acknowledgement.

use std::time::{Duration, Instant};

use amqp_rpc::server::QueueType;

use super::scene::Scene;
use crate::support::{Need, PrivateNode, await_until, is_left_out_without, rabbitmq::Configuration};

#[tokio::test]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_server_whose_channel_is_closed_for_a_slow_method_serves_on() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let configuration = Configuration {
        conf: "consumer_timeout = 1000\n",
        advanced: "[{rabbit, [{channel_tick_interval, 500}]}].",
        ..Configuration::default()
    };
    let node = PrivateNode::start_with(configuration).await;
    let vhost = node.vhost().await;
    // Since 4.3 only quorum queues have this timeout.
    let is_in_quorum_queues_only = node.node().version().await >= (4, 3);
    let queue_type = if is_in_quorum_queues_only { QueueType::Quorum } else { QueueType::Classic };
    let scene = Scene::set_with_gate_in(queue_type, vhost.uri()).await;
    let slow = tokio::spawn(scene.gates().pass(1));
    scene.gate.until_started(1).await;

    let started = Instant::now();
    // The broker closes the server's channel and redelivers the request: to the same server, on its new
    // channel.
    scene.gate.until_started(2).await;
    let repetition = started.elapsed();
    let recovery = scene.until_answered(Instant::now()).await;
    scene.gate.open_for(10);
    assert_eq!(slow.await.unwrap().unwrap(), 1);

    println!(
        "delivery timeout of 1 s: run again after {repetition:?}, other calls answered {recovery:?} later"
    );
    assert!(repetition > Duration::from_secs(1), "not by this timeout: {repetition:?}");
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
}
