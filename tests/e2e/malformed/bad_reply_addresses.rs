//! Bad reply addresses, to a server that answers to any address: no other call is affected.

use lapin::{BasicProperties, options::QueueDeclareOptions, types::FieldTable};

use super::catalogue::{TARGETS, TWICE_PREFETCH, good_calls_succeed, serve_targets_to_any_address};
use crate::support::{RawPeer, Vhost, await_until};

#[tokio::test]
async fn replies_to_a_missing_queue_are_lost_and_nothing_else_is() {
    let vhost = Vhost::create().await;
    let _server = serve_targets_to_any_address(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let long = "x".repeat(255);
    for target in TARGETS {
        for address in ["nobody", "amq.gen-nobody", "/", "\0", " ", long.as_str()] {
            for body in [target.good_body, "bad"].repeat(TWICE_PREFETCH) {
                let request = BasicProperties::default().with_reply_to(address.into());
                peer.publish(target.exchange, target.routing_key, request, body.as_bytes()).await;
            }
            good_calls_succeed(&vhost, &format!("replies to {address:?}")).await;
        }
        await_until("all is settled", || async { vhost.existing_queue(target.queue).await.is_settled() })
            .await;
        let dead = vhost.existing_queue(&format!("{}.dead", target.queue)).await.ready;
        assert_eq!(dead, 0, "an answered request is no dead letter, even when its reply was lost");
    }
}

#[tokio::test]
async fn a_reply_delivered_as_a_request_makes_no_loop() {
    let vhost = Vhost::create().await;
    let _server = serve_targets_to_any_address(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for target in TARGETS {
        for body in [target.good_body, "bad"] {
            for _ in 0..TWICE_PREFETCH {
                let request = BasicProperties::default().with_reply_to(target.queue.into());
                peer.publish(target.exchange, target.routing_key, request, body.as_bytes()).await;
            }
            good_calls_succeed(&vhost, "replies to the service itself").await;
        }
    }
    for target in TARGETS {
        await_until("all is settled", || async { vhost.existing_queue(target.queue).await.is_settled() })
            .await;
    }
    // A result or a fault is no request of `fib`. On `rpc_queue` the result is a number, which is a valid
    // request.
    await_until("the replies that fib got are dead letters", || async {
        vhost.existing_queue("fib.dead").await.ready == 2 * TWICE_PREFETCH as u64
    })
    .await;
}

#[tokio::test]
async fn a_full_reply_queue_affects_only_its_owner() {
    let vhost = Vhost::create().await;
    let _server = serve_targets_to_any_address(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut bound = FieldTable::default();
    bound.insert("x-max-length".into(), 1.into());
    bound.insert("x-overflow".into(), lapin::types::AMQPValue::LongString("reject-publish".into()));
    let full = peer.declare_queue("full", QueueDeclareOptions::default(), bound).await;
    for target in TARGETS {
        for _ in 0..2 * TWICE_PREFETCH {
            let request = BasicProperties::default().with_reply_to(full.as_str().into());
            peer.publish(target.exchange, target.routing_key, request, target.good_body.as_bytes()).await;
        }
        good_calls_succeed(&vhost, "a full reply queue").await;
        await_until("all is settled", || async { vhost.existing_queue(target.queue).await.is_settled() })
            .await;
    }
    assert_eq!(vhost.existing_queue("full").await.ready, 1);
}
