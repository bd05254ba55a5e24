//! Malformed messages with a reply address: each is answered with its own fault.

use lapin::BasicProperties;

use super::catalogue::{
    Expected, Hostile, TARGETS, TWICE_PREFETCH, Target, catalogue, good_calls_succeed, serve_targets,
};
use crate::support::{Message, RawPeer, Vhost, await_until, raw_peer::Inbox};

fn assert_answer(hostile: &Hostile, reply: &Message) {
    let name = hostile.name;
    match hostile.expected {
        Expected::Result => {
            assert_eq!((reply.kind(), reply.text()), (Some("result"), "832040"), "{name}");
        }
        Expected::Fault(code) => {
            assert_eq!(
                (reply.kind(), reply.content_type()),
                (Some("fault"), Some("application/json")),
                "{name}"
            );
            let fault = reply.json();
            assert_eq!(fault["code"], code, "{name}: {fault}");
            let message = fault["message"].as_str().expect("a fault says what went wrong");
            assert!(!message.is_empty() && message.len() < 1000, "{name}: {message}");
        }
    }
}

/// Sends twice as many as the server runs at once, and checks every reply.
async fn attack(peer: &RawPeer, replies: &mut Inbox, target: Target, hostile: &Hostile) {
    for n in 0..TWICE_PREFETCH {
        let properties = hostile
            .properties
            .clone()
            .with_reply_to(replies.queue().into())
            .with_correlation_id(format!("{} {n}", hostile.name).into());
        hostile.send(peer, target, properties).await;
    }
    let mut ids = Vec::new();
    for reply in replies.collect(TWICE_PREFETCH).await {
        assert_answer(hostile, &reply);
        ids.push(reply.correlation_id().expect("the reply has the request's id").to_owned());
    }
    ids.sort();
    let expected: Vec<_> = (0..TWICE_PREFETCH).map(|n| format!("{} {n}", hostile.name)).collect();
    assert_eq!(ids, expected);
}

async fn all_is_settled_without_dead_letters(vhost: &Vhost) {
    for Target { queue, .. } in TARGETS {
        await_until(&format!("{queue} is settled"), || async {
            vhost.existing_queue(queue).await.is_settled()
        })
        .await;
        let dead = vhost.existing_queue(&format!("{queue}.dead")).await.ready;
        assert_eq!(dead, 0, "who was answered is no dead letter");
    }
}

#[tokio::test]
async fn every_malformed_message_is_answered_and_the_next_call_succeeds() {
    let vhost = Vhost::create().await;
    let _server = serve_targets(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for target in TARGETS {
        for hostile in catalogue(target) {
            attack(&peer, &mut replies, target, &hostile).await;
            good_calls_succeed(&vhost, hostile.name).await;
        }
    }
    all_is_settled_without_dead_letters(&vhost).await;
}

#[tokio::test]
async fn any_correlation_id_is_returned_unchanged() {
    let vhost = Vhost::create().await;
    let _server = serve_targets(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let long = "x".repeat(255);
    for target in TARGETS {
        for id in [None, Some(""), Some(long.as_str()), Some("../../etc/passwd\0\n"), Some("\u{1F980}")] {
            for body in [target.good_body, "bad"] {
                let mut request = BasicProperties::default().with_reply_to(replies.queue().into());
                if let Some(id) = id {
                    request = request.with_correlation_id(id.into());
                }
                peer.publish(target.exchange, target.routing_key, request, body.as_bytes()).await;
                let reply = replies.next().await;
                assert_eq!(reply.correlation_id(), id);
                assert_eq!(reply.kind(), Some(if body == "bad" { "fault" } else { "result" }));
            }
        }
    }
    all_is_settled_without_dead_letters(&vhost).await;
}

#[tokio::test]
async fn redelivered_malformed_messages_are_answered_like_new_ones() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    drop(serve_targets(&vhost).await);
    for target in TARGETS {
        await_until("no server is left", || async {
            vhost.existing_queue(target.queue).await.consumers == 0
        })
        .await;
        for n in 0..TWICE_PREFETCH {
            let request = BasicProperties::default()
                .with_reply_to(replies.queue().into())
                .with_correlation_id(format!("{} {n}", target.queue).into());
            peer.publish(target.exchange, target.routing_key, request, b"bad").await;
        }
        // Delivered to a server that dies while it handles them.
        let dying = RawPeer::connect(&vhost.uri()).await;
        dying.consume(target.queue, 0).await.collect(TWICE_PREFETCH).await;
        dying.close().await;
    }

    let _server = serve_targets(&vhost).await;
    let mut ids: Vec<_> = Vec::new();
    for reply in replies.collect(TARGETS.len() * TWICE_PREFETCH).await {
        assert_eq!(reply.json()["code"], "bad_request");
        ids.push(reply.correlation_id().map(str::to_owned));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), TARGETS.len() * TWICE_PREFETCH, "each is answered once");
    good_calls_succeed(&vhost, "redelivered messages").await;
    all_is_settled_without_dead_letters(&vhost).await;
}
