//! `NestJS` 11 and 12.

use amqp_rpc::{Client, FaultCode, dialects::NestJs, rpc_service};
use serde_json::{Value, json};

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
    table::{OurCalls, Received, TheirCalls, mixed_fleet},
};

/// What `@EventPattern` handles.
#[rpc_service(name = "math")]
trait Notes {
    #[rpc(notify)]
    async fn note(&self, text: String);
}

const NO_HANDLER: &str = "There is no matching message handler";

async fn they_call(peer: Option<Peer>, dialect: NestJs, unknown_method: fn(&Outcome) -> bool) {
    let Some(peer) = peer else { return };
    let checks = TheirCalls {
        own_error: |outcome| outcome.is_error("string", "TooLarge"),
        unknown_method,
        bad_arguments: |outcome| outcome.is_error("bad_request", "invalid type"),
        crash: |outcome| outcome.is_error("panicked", ""),
        // The queue is there: the request waits in it.
        server_down: |outcome| *outcome == Outcome::TimedOut,
    };
    checks.run(&peer, dialect).await;
}

/// A peer that acknowledges after the call, so that it may be killed.
async fn we_call(peer: Option<Peer>, dialect: NestJs, unknown_method: fn(&Received) -> bool) {
    let Some(peer) = peer else { return };
    let checks = OurCalls {
        own_error: |received| received.is_error("TOO_LARGE", "n is above 90"),
        unknown_method,
        // Its handlers take what comes.
        bad_arguments: |received| matches!(received, Received::Value(_)),
        crash: |received| matches!(received, Received::Fault(FaultCode::Internal)),
        server_down: |received| matches!(received, Received::TimedOut),
        redelivers: true,
    };
    checks.run(&peer.with(&["--ack"]), dialect).await;
}

fn has_no_handler(outcome: &Outcome) -> bool {
    outcome.is_error("string", NO_HANDLER)
}

fn is_unknown(received: &Received) -> bool {
    matches!(received, Received::Fault(FaultCode::UnknownMethod))
}

fn with_cmd() -> Option<Peer> {
    Some(Peer::nestjs12()?.with(&["--cmd"]))
}

fn with_wildcards() -> Option<Peer> {
    Some(Peer::nestjs12()?.with(&["--wildcards"]))
}

peer_tests! {
    nestjs_12_calls: they_call(Peer::nestjs12(), NestJs::new(), has_no_handler);
    nestjs_12_is_called: we_call(Peer::nestjs12(), NestJs::new(), is_unknown);
    nestjs_12_with_objects_calls: they_call(with_cmd(), NestJs::new().patterns_in("cmd"), has_no_handler);
    nestjs_12_with_objects_is_called: we_call(with_cmd(), NestJs::new().patterns_in("cmd"), is_unknown);
    // Nothing is bound for it, and its client does not ask for what is returned.
    nestjs_12_with_wildcards_calls: they_call(with_wildcards(), NestJs::new().wildcards(), |outcome| *outcome == Outcome::TimedOut);
    nestjs_11_calls: they_call(Peer::nestjs11(), NestJs::new(), has_no_handler);
    nestjs_11_is_called: we_call(Peer::nestjs11(), NestJs::new(), is_unknown);
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn nestjs_12_shares_a_queue() {
    let Some(peer) = Peer::nestjs12() else { return };
    mixed_fleet(&peer, NestJs::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn nestjs_12_with_wildcards_is_called() {
    let is_unroutable = |received: &Received| matches!(received, Received::Unroutable);
    we_call(with_wildcards(), NestJs::new().wildcards(), is_unroutable).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn a_notification_is_an_event_of_the_peer() {
    let Some(peer) = Peer::nestjs12() else { return };
    let vhost = Vhost::create().await;
    let mut server = peer.serve(&vhost, "math").await;
    let client =
        within("the client to connect", Client::builder().dialect(NestJs::new()).connect(vhost.uri()));
    let notes = NotesClient::new(client.await.expect("the client connects"));
    within("the confirmation", notes.note("hi".into())).await.expect("the broker confirms");
    server.line_with("ran note").await;
    // And in its own words.
    let emitted = peer.call(&vhost, "math", "note", json!({"text": "hi"})).await;
    assert_eq!(emitted, Outcome::Value(Value::Null));
    server.line_with("ran note").await;
}
