//! `FastStream` 0.7.

use amqp_rpc::{Client, Server, dialects::FastStream, rpc_service};
use serde_json::json;

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
    table::{OurCalls, Received, TheirCalls, mixed_fleet},
};

/// The methods of `--bare`: their one parameter is the whole body.
#[rpc_service(name = "math")]
trait BareMath {
    #[rpc(bare)]
    async fn compute(&self, n: u64) -> u64;
    #[rpc(bare)]
    async fn greet(&self, name: String) -> String;
}

struct Successor;

impl BareMath for Successor {
    async fn compute(&self, n: u64) -> u64 {
        n + 1
    }

    async fn greet(&self, name: String) -> String {
        format!("hello {name}")
    }
}

fn is_silent(outcome: &Outcome) -> bool {
    *outcome == Outcome::TimedOut
}

fn is_late(received: &Received) -> bool {
    matches!(received, Received::TimedOut)
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn faststream_calls() {
    let Some(peer) = Peer::faststream() else { return };
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
async fn faststream_is_called() {
    let Some(peer) = Peer::faststream() else { return };
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
async fn faststream_shares_a_queue() {
    let Some(peer) = Peer::faststream() else { return };
    mixed_fleet(&peer, FastStream::new()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn a_plain_parameter_is_the_body_in_both_directions() {
    let Some(peer) = Peer::faststream().map(|peer| peer.with(&["--bare"])) else { return };
    let vhost = Vhost::create().await;
    let server = Server::new().service_in(BareMathServer::new(Successor), FastStream::new());
    let server = within("the server to start", server.start(vhost.uri())).await.expect("the server starts");
    let call = |method, arguments| peer.call(&vhost, "math", method, arguments);
    assert_eq!(call("compute", json!({"n": 30})).await, Outcome::Value(json!(31)));
    // A text that looks like a number, and is none.
    assert_eq!(call("greet", json!({"name": "30"})).await, Outcome::Value(json!("hello 30")));
    within("the server to stop", server.shutdown()).await.expect("the server stops");

    let _server = peer.serve(&vhost, "math").await;
    let client =
        within("the client to connect", Client::builder().dialect(FastStream::new()).connect(vhost.uri()));
    let math = BareMathClient::new(client.await.expect("the client connects"));
    assert_eq!(within("a value", math.compute(30)).await.expect("a value"), 832_040);
    assert_eq!(within("a text", math.greet("30".into())).await.expect("a value"), "hello 30");
}
