//! The RPC of `RabbitMQ`'s tutorial in Python, with pika 1.3 and 1.4, and S2's sum: bodies are text.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Server, dialects::Tutorial};
use serde_json::{Value, json};

use crate::{
    peer::{Outcome, Peer},
    support::{Program, Vhost, within},
    table::{MathClient, MathServer, Mathematician},
};

/// The queue of the one function that a program of the tutorial serves.
fn dialect(method: &str) -> Tutorial {
    Tutorial::new().queue(format!("math.{method}"), "rpc_queue")
}

async fn client(vhost: &Vhost, dialect: Tutorial) -> MathClient {
    let client = Client::builder().timeout(Duration::from_secs(10)).dialect(dialect).connect(vhost.uri());
    MathClient::new(within("the client to connect", client).await.expect("the client connects"))
}

async fn serve(vhost: &Vhost, dialect: Tutorial) -> amqp_rpc::RunningServer {
    let server =
        Server::new().service_in(MathServer::new(Mathematician::default()), dialect).start(vhost.uri());
    within("the server to start", server).await.expect("the server starts")
}

/// Values, and silence for everything else.
async fn they_call(peer: Option<Peer>, dialect: Tutorial) {
    let Some(peer) = peer else { return };
    let vhost = Vhost::create().await;
    let server = serve(&vhost, dialect).await;
    let call = async |arguments: Value| peer.call_within(&vhost, "rpc_queue", "compute", arguments, 2).await;
    assert_eq!(call(json!([30])).await, Outcome::Value(json!(832_040)));
    assert_eq!(call(json!([91])).await, Outcome::TimedOut, "an own error");
    assert_eq!(call(json!(["x"])).await, Outcome::TimedOut, "no number");
    assert_eq!(call(json!([10])).await, Outcome::Value(json!(55)), "it serves on");
    within("the server to stop", server.shutdown()).await.expect("it stops");
    assert_eq!(call(json!([30])).await, Outcome::TimedOut, "nobody serves");
}

/// Values; what ends the program is a timeout, and the next program has the request.
async fn we_call(peer: Option<Peer>, dialect: Tutorial) {
    let Some(peer) = peer else { return };
    let vhost = Vhost::create().await;
    let mut server: Program = peer.serve(&vhost, "rpc_queue").await;
    let math = client(&vhost, dialect).await;
    assert_eq!(within("a value", math.compute(30)).await.expect("a value"), 832_040);
    server.line_with("ran compute {").await;
    let ended =
        within("the end", math.compute(91).timeout(Duration::from_secs(2))).await.expect_err("an error");
    assert!(matches!(ended, CallError::Timeout(_)), "{ended:?}");
}

peer_tests! {
    the_tutorial_calls: they_call(Peer::tutorial(), dialect("compute"));
    the_tutorial_is_called: we_call(Peer::tutorial(), dialect("compute"));
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn the_tutorial_of_today_is_called() {
    let peer = Peer::tutorial().map(|peer| peer.with(&["--shape", "upstream"]));
    we_call(peer, dialect("compute").quorum_queues()).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn the_tutorial_with_pika_1_3_calls_and_is_called() {
    they_call(Peer::tutorial_with_pika_1_3(), dialect("compute")).await;
    we_call(Peer::tutorial_with_pika_1_3(), dialect("compute")).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn a_sum_is_two_numbers_with_a_comma() {
    let Some(peer) = Peer::tutorial().map(|peer| peer.with(&["--method", "add"])) else { return };
    let vhost = Vhost::create().await;
    let ours = serve(&vhost, dialect("add")).await;
    let sum = peer.call(&vhost, "rpc_queue", "add", json!([-5, 3])).await;
    assert_eq!(sum, Outcome::Value(json!(-2)));
    within("the server to stop", ours.shutdown()).await.expect("it stops");
    let mut theirs = peer.serve(&vhost, "rpc_queue").await;
    let math = client(&vhost, dialect("add")).await;
    assert_eq!(within("a sum", math.add(2, 40)).await.expect("a value"), 42);
    theirs.line_with("ran add {").await;
}
