//! golevelup 9.

use amqp_rpc::dialects::Golevelup;
use serde_json::json;

use crate::{
    peer::{Outcome, Peer},
    support::Vhost,
    table::{Mathematician, OurCalls, Received, TheirCalls, serve},
};

fn is_silent(outcome: &Outcome) -> bool {
    *outcome == Outcome::TimedOut
}

fn is_late(received: &Received) -> bool {
    matches!(received, Received::TimedOut)
}

async fn they_call(peer: Option<Peer>) {
    let Some(peer) = peer else { return };
    let checks = TheirCalls {
        own_error: is_silent,
        unknown_method: is_silent,
        bad_arguments: is_silent,
        crash: is_silent,
        server_down: is_silent,
    };
    checks.run(&peer, Golevelup::new()).await;
}

peer_tests! {
    golevelup_calls: they_call(Peer::golevelup());
    // It drops replies that do not repeat them.
    golevelup_with_request_ids_calls: they_call(Peer::golevelup().map(|peer| peer.with(&["--request-id", "r-1"])));
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn golevelup_is_called() {
    let Some(peer) = Peer::golevelup() else { return };
    let checks = OurCalls {
        // It runs them again and again until they expire.
        own_error: is_late,
        unknown_method: |received| matches!(received, Received::Unroutable),
        // Its handlers take what comes.
        bad_arguments: |received| matches!(received, Received::Value(_)),
        crash: is_late,
        server_down: is_late,
        redelivers: true,
    };
    checks.run(&peer, Golevelup::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn golevelup_gets_errors_where_the_user_has_named_a_member() {
    let Some(peer) = Peer::golevelup() else { return };
    let vhost = Vhost::create().await;
    let dialect = Golevelup::new().errors_in("error");
    let _server = serve(&vhost.uri(), Mathematician::default(), dialect).await;
    let outcome = peer.call(&vhost, "math", "compute", json!({"n": 91})).await;
    assert_eq!(outcome, Outcome::Value(json!({"error": "TooLarge"})));
}
