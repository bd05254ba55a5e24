//! A frozen broker: connections stay open, and nothing is answered.

use std::time::{Duration, Instant};

use amqp_rpc::ConnectOptions;

use super::scene::Scene;
use crate::support::{Need, PrivateNode, is_left_out_without};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_frozen_broker_is_noticed_by_its_missing_heartbeat() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    const HEARTBEAT: Duration = Duration::from_secs(1);
    let node = PrivateNode::start().await;
    let vhost = node.vhost().await;
    let options = ConnectOptions::new(vhost.uri()).heartbeat(HEARTBEAT).handshake_timeout(HEARTBEAT);
    let scene = Scene::set(options).await;
    let mut pending = scene.pending().await;

    let frozen = Instant::now();
    node.pause().await;
    let detection = pending.until_plain_ones_fail(frozen).await;
    assert!(!scene.client.is_connected());
    node.resume().await;
    let back = Instant::now();
    let recovery = scene.until_answered(back).await;
    pending.until_idempotent_ones_are_answered(&scene.gate).await.expect("they are sent again");

    println!(
        "SIGSTOP, heartbeat {HEARTBEAT:?}: noticed after {detection:?}, calls answered {recovery:?} after SIGCONT"
    );
    // Twice the heartbeat, and what a busy machine adds.
    assert!(detection < 2 * HEARTBEAT + Duration::from_secs(2), "{detection:?}");
}
