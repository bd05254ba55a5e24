//! `RustStream` 0.7, which has the wire of `FastStream` without content types.

use amqp_rpc::{Client, dialects::FastStream, rpc_service};

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
    table::{OurCalls, Received, TheirCalls, mixed_fleet},
};

#[rpc_service(name = "math")]
trait Notes {
    #[rpc(notify)]
    async fn note(&self, text: String);
}

fn is_silent(outcome: &Outcome) -> bool {
    *outcome == Outcome::TimedOut
}

fn is_late(received: &Received) -> bool {
    matches!(received, Received::TimedOut)
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn ruststream_calls() {
    let Some(peer) = Peer::ruststream() else { return };
    let checks = TheirCalls {
        own_error: is_silent,
        unknown_method: is_silent,
        bad_arguments: is_silent,
        crash: is_silent,
        server_down: is_silent,
    };
    checks.run(&peer, FastStream::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn ruststream_is_called() {
    let Some(peer) = Peer::ruststream() else { return };
    let checks = OurCalls {
        own_error: is_late,
        unknown_method: |received| matches!(received, Received::Unroutable),
        bad_arguments: is_late,
        crash: is_late,
        server_down: is_late,
        redelivers: true,
    };
    checks.run(&peer, FastStream::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn ruststream_shares_a_queue() {
    let Some(peer) = Peer::ruststream() else { return };
    mixed_fleet(&peer, FastStream::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn a_notification_reaches_ruststream() {
    let Some(peer) = Peer::ruststream() else { return };
    let vhost = Vhost::create().await;
    let mut server = peer.serve(&vhost, "math").await;
    let client = Client::builder().dialect(FastStream::new()).connect(vhost.uri());
    let notes = NotesClient::new(within("the client to connect", client).await.expect("the client connects"));
    within("the confirm", notes.note("hi".into())).await.expect("it is sent");
    server.line_with("ran note {").await;
}
