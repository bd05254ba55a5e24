//! Each peer calls itself: the programs do what the tests of the dialects take for granted.

use serde_json::{Value, json};

use crate::{
    peer::{Outcome, Peer},
    support::Vhost,
};

/// What a framework's client makes of an error, or of silence.
#[derive(Debug)]
enum Failure {
    Error(&'static str, &'static str),
    TimedOut,
}

impl Failure {
    fn check(&self, outcome: &Outcome) {
        match self {
            Self::Error(kind, text) => assert!(outcome.is_error(kind, text), "{self:?}, not {outcome:?}"),
            Self::TimedOut => assert_eq!(outcome, &Outcome::TimedOut),
        }
    }
}

/// A value, the method's own error, and nobody who serves.
async fn answers(peer: Peer, arguments: [Value; 2], value: Value, own_error: Failure, nobody: Failure) {
    let vhost = Vhost::create().await;
    let [small, large] = arguments;
    nobody.check(&peer.call_within(&vhost, "absent", "compute", small.clone(), 1).await);

    let mut server = peer.serve(&vhost, "math").await;
    assert_eq!(peer.call(&vhost, "math", "compute", small).await, Outcome::Value(value));
    server.line_with("ran compute {").await;
    let outcome = match own_error {
        Failure::TimedOut => peer.call_within(&vhost, "math", "compute", large, 1).await,
        Failure::Error(..) => peer.call(&vhost, "math", "compute", large).await,
    };
    own_error.check(&outcome);
    server.line_with("ran compute {").await;
}

/// A message without a reply reaches its handler.
async fn notifies(peer: Peer) {
    let vhost = Vhost::create().await;
    let mut server = peer.serve(&vhost, "math").await;
    let sent = peer.call(&vhost, "math", "note", json!({"text": "hi"})).await;
    assert_eq!(sent, Outcome::Value(Value::Null));
    server.line_with("ran note {").await;
}

/// Generates a test per line; a peer that is not installed leaves its test out.
macro_rules! peers {
    ($($name:ident: $check:ident($peer:expr $(, $argument:expr)*);)+) => {$(
        #[tokio::test]
        #[ignore = "needs the peers of other frameworks: scripts/test.sh"]
        async fn $name() {
            let Some(peer) = $peer else { return };
            $check(peer $(, $argument)*).await;
        }
    )+};
}

fn object() -> [Value; 2] {
    [json!({"n": 30}), json!({"n": 91})]
}

fn array() -> [Value; 2] {
    [json!([30]), json!([91])]
}

fn fib_30() -> Value {
    json!(832_040)
}

const OWN_ERROR: &str = "n is above 90";

/// Of a peer whose server sends no errors.
const SILENCE: Failure = Failure::TimedOut;

const UNSUCCESSFUL: Failure = Failure::Error("unsuccessful", OWN_ERROR);
const TOO_LARGE: Failure = Failure::Error("TooLarge", OWN_ERROR);
const TOO_LARGE_CODE: Failure = Failure::Error("TOO_LARGE", OWN_ERROR);
const RETURNED: Failure = Failure::Error("MessageProcessError", "Message has been returned");
const UNKNOWN_SERVICE: Failure = Failure::Error("UnknownService", "absent");
const UNROUTABLE: Failure = Failure::Error("MessageUnroutable", "");

peers! {
    cyberfusion_3: answers(Peer::cyberfusion3(), object(), json!({"value": 832_040}), UNSUCCESSFUL, SILENCE);
    cyberfusion_2: answers(Peer::cyberfusion2(), object(), json!({"value": 832_040}), UNSUCCESSFUL, SILENCE);
    cyberfusion_3_mandatory: answers(
        Peer::cyberfusion3().map(|peer| peer.with(&["--mandatory"])),
        object(), json!({"value": 832_040}), UNSUCCESSFUL, UNROUTABLE
    );
    nameko_3: answers(Peer::nameko3(), object(), fib_30(), TOO_LARGE, UNKNOWN_SERVICE);
    nameko_3_by_position: answers(Peer::nameko3(), array(), fib_30(), TOO_LARGE, UNKNOWN_SERVICE);
    nameko_2: answers(Peer::nameko2(), object(), fib_30(), TOO_LARGE, UNKNOWN_SERVICE);
    nestjs_12: answers(Peer::nestjs12(), object(), fib_30(), TOO_LARGE_CODE, SILENCE);
    nestjs_12_with_acknowledgements: answers(
        Peer::nestjs12().map(|peer| peer.with(&["--ack", "--cmd"])), object(), fib_30(), TOO_LARGE_CODE, SILENCE
    );
    nestjs_12_with_wildcards: answers(
        Peer::nestjs12().map(|peer| peer.with(&["--wildcards"])), object(), fib_30(), TOO_LARGE_CODE, SILENCE
    );
    nestjs_12_events: notifies(Peer::nestjs12());
    nestjs_11: answers(Peer::nestjs11(), object(), fib_30(), TOO_LARGE_CODE, SILENCE);
    aio_pika: answers(Peer::aio_pika(), object(), fib_30(), TOO_LARGE, RETURNED);
    aio_pika_with_an_exchange: answers(
        Peer::aio_pika().map(|peer| peer.with(&["--exchange", "calls"])), object(), fib_30(), TOO_LARGE, RETURNED
    );
    aio_pika_pickled: answers(Peer::aio_pika_pickle(), object(), fib_30(), TOO_LARGE, RETURNED);
    aio_pika_master_and_worker: notifies(Peer::aio_pika_master());
    golevelup: answers(Peer::golevelup(), object(), fib_30(), SILENCE, SILENCE);
    golevelup_with_request_ids: answers(
        Peer::golevelup().map(|peer| peer.with(&["--request-id", "r-1"])), object(), fib_30(), SILENCE, SILENCE
    );
    golevelup_messages: notifies(Peer::golevelup());
    faststream: answers(Peer::faststream(), object(), fib_30(), SILENCE, SILENCE);
    faststream_bare: answers(
        Peer::faststream().map(|peer| peer.with(&["--bare"])), object(), fib_30(), SILENCE, SILENCE
    );
    faststream_messages: notifies(Peer::faststream());
    tutorial: answers(Peer::tutorial(), array(), fib_30(), SILENCE, SILENCE);
    tutorial_of_today: answers(
        Peer::tutorial().map(|peer| peer.with(&["--shape", "upstream"])), array(), fib_30(), SILENCE, SILENCE
    );
    tutorial_with_pika_1_3: answers(Peer::tutorial_with_pika_1_3(), array(), fib_30(), SILENCE, SILENCE);
    celery: answers(Peer::celery(), array(), fib_30(), TOO_LARGE, SILENCE);
    celery_by_name: answers(Peer::celery(), object(), fib_30(), TOO_LARGE, SILENCE);
    celery_without_results: notifies(Peer::celery());
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn the_sum_of_two_numbers_is_text() {
    let Some(peer) = Peer::tutorial().map(|peer| peer.with(&["--method", "add"])) else { return };
    let vhost = Vhost::create().await;
    let _server = peer.serve(&vhost, "sum").await;
    assert_eq!(peer.call(&vhost, "sum", "add", json!([-5, 3])).await, Outcome::Value(json!(-2)));
}
