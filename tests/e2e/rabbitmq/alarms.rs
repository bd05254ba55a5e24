//! Alarms: the broker runs short of memory or disk and blocks publishers.

use std::time::{Duration, Instant};

use amqp_rpc::{CallError, Execution, connect::ConnectionState};

use super::{ledger::LedgerClient, scene::Scene};
use crate::support::{Need, PrivateNode, await_until, is_left_out_without, rabbitmq::Resource, within};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs RabbitMQ: scripts/test.sh"]
async fn a_broker_short_of_memory_or_disk_fails_calls_at_once_and_runs_none_of_them() {
    if is_left_out_without(Need::PrivateNodes) {
        return;
    }
    let node = PrivateNode::start().await;
    let vhost = node.vhost().await;
    let scene = Scene::set(vhost.uri()).await;
    for (round, resource) in (0..).zip([Resource::Memory, Resource::Disk]) {
        alarm(&node, &scene, resource, 1000 * round).await;
    }
}

async fn alarm(node: &PrivateNode, scene: &Scene, resource: Resource, first: u64) {
    let ledger = LedgerClient::new(scene.client.clone());
    let mut states = scene.client.state_changes();
    let sent: Vec<_> = (0..10).map(|tag| tokio::spawn(scene.gates().pass(tag))).collect();
    scene.gate.until_running(10).await;

    node.node().set_alarm(resource).await;
    let raised = Instant::now();
    // The broker tells a connection when it publishes the next time.
    let noticed_by = tokio::spawn(ledger.enter(first));
    while !matches!(states.current(), ConnectionState::Blocked { .. }) {
        within("the client to be blocked", states.changed()).await.expect("the client lives");
    }
    let detection = raised.elapsed();

    let asked = Instant::now();
    for tag in first + 1..=first + 100 {
        let refused = within("a call to be refused", ledger.enter(tag)).await;
        let error = refused.expect_err("the broker takes nothing");
        assert!(matches!(error, CallError::Blocked(_)), "{error:?}");
        assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, true));
    }
    let refusal = asked.elapsed() / 100;
    // The server's replies have to wait as well.
    scene.gate.open_for(10);

    node.node().clear_alarm(resource).await;
    let cleared = Instant::now();
    scene.client.wait_ready(Duration::from_secs(20)).await.expect("the alarm is over");
    ledger.enter(first + 200).await.expect("the alarm is over");
    let recovery = cleared.elapsed();
    for (tag, call) in (0..).zip(sent) {
        let answer = within("a call that was sent before", call).await.expect("no call panics");
        assert_eq!(answer.expect("it is answered late"), tag);
    }
    let noticed = within("the call that noticed the alarm", noticed_by).await.expect("no call panics");
    noticed.expect("the broker still took that request");
    assert_eq!(scene.book.runs_of(first), 1);
    let ran = (first + 1..=first + 100).filter(|&tag| scene.book.runs_of(tag) > 0).count();
    assert_eq!(ran, 0, "a call that was refused has run");
    println!(
        "{resource:?} alarm: noticed after {detection:?}, a call refused in {refusal:?}, calls answered {recovery:?} after it was cleared"
    );
    await_until("nothing runs any more", || async { scene.client.stats().in_flight == 0 }).await;
}
