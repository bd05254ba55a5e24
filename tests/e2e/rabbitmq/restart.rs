//! Restarts of the broker: orderly, and after a kill.

use std::time::{Duration, Instant};

use super::scene::Scene;
use crate::support::{Need, PrivateNode, await_until, is_left_out_without};

/// The number of calls that are answered before and after the fault.
const ENOUGH: usize = 200;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_broker_restart_under_load_hangs_no_call_and_every_call_is_accounted_for() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let node = PrivateNode::start().await;
    let vhost = node.vhost().await;
    let scene = Scene::set(vhost.uri()).await;
    let load = scene.load();
    load.until_answered(ENOUGH).await;
    let mut pending = scene.pending().await;

    let stopping = Instant::now();
    node.node().stop_app().await;
    let detection = pending.until_plain_ones_fail(stopping).await;
    node.node().start_app().await;
    let back = Instant::now();
    let recovery = scene.until_answered(back).await;
    pending.until_idempotent_ones_are_answered(&scene.gate).await.expect("they are sent again");

    load.until_answered(ENOUGH).await;
    let account = load.stop().await;
    account.check(&scene.book);
    println!(
        "restart: noticed {detection:?} after its begin, calls answered {recovery:?} after its end; {account}"
    );
    assert!(detection < Duration::from_secs(5), "{detection:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn after_a_broker_was_killed_its_queues_are_there_and_served_again() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let node = PrivateNode::start().await;
    let vhost = node.vhost().await;
    let scene = Scene::set(vhost.uri()).await;
    let load = scene.load();
    load.until_answered(ENOUGH).await;
    let mut pending = scene.pending().await;
    node.node().sync_definitions().await;

    let killed = Instant::now();
    node.kill_9().await;
    let detection = pending.until_plain_ones_fail(killed).await;
    node.start_again().await;
    let back = Instant::now();
    let down = back - killed;
    let recovery = scene.until_answered(back).await;
    pending.until_idempotent_ones_are_answered(&scene.gate).await.expect("they are sent again");

    load.until_answered(ENOUGH).await;
    let account = load.stop().await;
    account.check(&scene.book);
    println!(
        "kill -9: noticed after {detection:?}, broker down for {down:?}, calls answered {recovery:?} after its end; {account}"
    );
    assert!(detection < Duration::from_secs(2), "{detection:?}");
    for queue in ["gate", "ledger"] {
        await_until("the queue is served and empty", || async {
            let state = vhost.existing_queue(queue).await;
            state.consumers == 1 && state.is_settled()
        })
        .await;
    }
}
