//! Malformed messages without a reply address: they become dead letters, unless they expired.

use std::time::Duration;

use lapin::{BasicProperties, types::ShortString};

use super::catalogue::{Expected, TARGETS, TWICE_PREFETCH, catalogue, good_calls_succeed, serve_targets};
use crate::{
    services::{GateClient, Gatekeeper, connect, serve_gate},
    support::{RawPeer, Vhost, await_until, until_expired, within},
};

#[tokio::test]
async fn malformed_messages_without_reply_address_go_to_the_dead_letters() {
    let vhost = Vhost::create().await;
    let _server = serve_targets(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for target in TARGETS {
        let mut dead = 0;
        for hostile in catalogue(target) {
            for _ in 0..TWICE_PREFETCH {
                hostile.send(&peer, target, hostile.properties.clone()).await;
            }
            good_calls_succeed(&vhost, hostile.name).await;
            if matches!(hostile.expected, Expected::Fault(_)) {
                dead += TWICE_PREFETCH as u64;
            }
            await_until(
                &format!("{dead} dead letters of {} after {}", target.queue, hostile.name),
                || async { vhost.existing_queue(&format!("{}.dead", target.queue)).await.ready == dead },
            )
            .await;
        }
        await_until("all is settled", || async { vhost.existing_queue(target.queue).await.is_settled() })
            .await;
    }
}

#[tokio::test]
async fn a_dead_letter_is_the_unchanged_message_with_its_reason() {
    let vhost = Vhost::create().await;
    let _server = serve_targets(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let sent = BasicProperties::default().with_type("fib.compute".into()).with_message_id("job 17".into());
    peer.publish("amqp-rpc", "fib.compute", sent, b"bad").await;
    await_until("it is dead", || async { vhost.existing_queue("fib.dead").await.ready == 1 }).await;

    let dead = peer.get("fib.dead").await.expect("there is a dead letter");
    assert_eq!((dead.text(), dead.kind()), ("bad", Some("fib.compute")));
    assert_eq!(dead.properties.message_id().as_ref().map(ShortString::as_str), Some("job 17"));
    assert_eq!(dead.text_header("x-amqp-rpc-reason").as_deref(), Some("bad_request"));
    let error = dead.text_header("x-amqp-rpc-error").expect("it says why");
    assert!(error.starts_with("expected value at line 1"), "{error}");
}

#[tokio::test]
async fn requests_that_expired_leave_nothing_behind() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let gates = GateClient::new(connect(&vhost).await);
    let slow = tokio::spawn(gates.pass(1));
    gate.until_running(1).await;

    // Behind the slow one they expire in the queue.
    let peer = RawPeer::connect(&vhost.uri()).await;
    let replies = peer.open_reply_queue().await;
    for expiration in ["0", "1", "-0", "+1", "50"] {
        for reply_to in [replies.queue(), ""] {
            let request =
                BasicProperties::default().with_reply_to(reply_to.into()).with_expiration(expiration.into());
            peer.publish("amqp-rpc", "gate.pass", request, b"{\"tag\":2}").await;
        }
    }
    until_expired(&vhost, "gate", Duration::from_millis(50)).await;
    gate.open_for(1);
    assert_eq!(within("the slow call", slow).await.unwrap().unwrap(), 1);
    assert_eq!(gates.echo(3).await.unwrap(), 3);
    assert_eq!(gate.started(), 1, "none of them ran");
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0);
    assert_eq!(vhost.existing_queue(replies.queue()).await.ready, 0);
}

#[tokio::test]
async fn requests_that_expire_on_delivery_do_not_run() {
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    // Brokers deliver these to an idle consumer, or drop them.
    for (n, expiration) in ["0", "00", "+0", "-0"].repeat(4).into_iter().enumerate() {
        let request = BasicProperties::default()
            .with_reply_to(replies.queue().into())
            .with_correlation_id(n.to_string().into())
            .with_expiration(expiration.into());
        peer.publish("amqp-rpc", "gate.pass", request, b"{\"tag\":2}").await;
    }
    // This reply comes after everything that was delivered before.
    let last = BasicProperties::default().with_reply_to(replies.queue().into()).with_type("last".into());
    peer.publish("amqp-rpc", "gate.echo", last, b"{\"tag\":7}").await;
    loop {
        let reply = replies.next().await;
        if reply.kind() == Some("result") {
            assert_eq!(reply.text(), "7");
            break;
        }
        let code = reply.json()["code"].clone();
        assert!(code == "expired" || code == "bad_request", "{code}");
    }
    assert_eq!(gate.started(), 0);
    await_until("all is settled", || async { vhost.existing_queue("gate").await.is_settled() }).await;
    assert_eq!(vhost.existing_queue("gate.dead").await.ready, 0);
}
