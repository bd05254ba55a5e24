//! kanin 0.32: bodies are messages of protobuf, which the service reads and writes by itself.

use std::time::Duration;

use amqp_rpc::{Bytes, CallError, Client, RunningServer, Server, dialects::Kanin, rpc_service};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    peer::{Outcome, Peer},
    support::{Vhost, within},
};

/// `peers/rust/kanin/src/messages.rs` has the messages.
#[rpc_service(name = "math")]
trait Math {
    #[rpc(bare)]
    async fn compute(&self, request: Bytes) -> Bytes;
    #[rpc(bare, notify)]
    async fn note(&self, note: Bytes);
}

/// Serves [`Math`], and counts the messages that it was given.
#[derive(Clone, Default)]
struct Mathematician(watch::Sender<usize>);

impl Mathematician {
    fn begin(&self) {
        self.0.send_modify(|begun| *begun += 1);
    }

    async fn until_begun(&self, messages: usize) {
        let mut begun = self.0.subscribe();
        let reached = begun.wait_for(|begun| *begun >= messages);
        within("a message to arrive", reached).await.expect("the sender is held here");
    }
}

impl Math for Mathematician {
    async fn compute(&self, request: Bytes) -> Bytes {
        self.begin();
        match number(&request) {
            n @ 0..=90 => member(1, (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0),
            100 => panic!("the handler crashed"),
            _ => text("n is above 90"),
        }
    }

    async fn note(&self, _: Bytes) {
        self.begin();
    }
}

/// A message whose member `tag` is this number.
fn member(tag: u8, mut number: u64) -> Bytes {
    let mut message = vec![tag << 3];
    while number > 0x7f {
        message.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
    message.into()
}

/// A reply whose member 2 is this text.
fn text(text: &str) -> Bytes {
    let length = u8::try_from(text.len()).expect("the texts here are short");
    [&[0x12, length][..], text.as_bytes()].concat().into()
}

/// The number in member 1, which is missing when it is 0.
fn number(message: &[u8]) -> u64 {
    message.iter().skip(1).rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
}

/// Faults are the error in the reply's message.
fn dialect() -> Kanin {
    Kanin::new().faults(|fault| text(fault.message()))
}

async fn serve(vhost: &Vhost, math: Mathematician) -> RunningServer {
    let server = Server::new().service_in(MathServer::new(math), dialect()).start(vhost.uri());
    within("the server to start", server).await.expect("the server starts")
}

async fn client(vhost: &Vhost) -> Client {
    let client = Client::builder().timeout(Duration::from_secs(15)).dialect(dialect()).connect(vhost.uri());
    within("the client to connect", client).await.expect("the client connects")
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn kanin_s_callers_are_served() {
    let Some(peer) = Peer::kanin() else { return };
    let vhost = Vhost::create().await;
    let math = Mathematician::default();
    let server = serve(&vhost, math.clone()).await;
    let call = async |n: u64| peer.call(&vhost, "math", "compute", json!({"n": n})).await;
    assert_eq!(call(30).await, Outcome::Value(json!(832_040)));
    assert_eq!(call(0).await, Outcome::Value(json!(0)), "its body is empty");
    assert!(call(91).await.is_error("error", "n is above 90"));
    let crash = call(100).await;
    assert!(matches!(crash, Outcome::Error { .. }), "{crash:?}");
    math.until_begun(4).await;
    let sent = peer.call(&vhost, "math", "note", json!({"text": "hi"})).await;
    assert_eq!(sent, Outcome::Value(Value::Null));
    math.until_begun(5).await;
    let absent = peer.call_within(&vhost, "math", "absent", json!({}), 1).await;
    assert_eq!(absent, Outcome::TimedOut);
    assert_eq!(call(10).await, Outcome::Value(json!(55)), "it serves on");
    within("the server to stop", server.shutdown()).await.expect("it stops");
    let down = peer.call_within(&vhost, "math", "compute", json!({"n": 1}), 1).await;
    assert_eq!(down, Outcome::TimedOut);
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn kanin_is_called() {
    let Some(peer) = Peer::kanin() else { return };
    let vhost = Vhost::create().await;
    let mut server = peer.serve(&vhost, "math").await;
    let client = client(&vhost).await;
    let math = MathClient::new(client.clone());
    let call = async |request: Bytes| within("a reply", math.compute(request)).await.expect("a value");
    assert_eq!(call(member(1, 30)).await, member(1, 832_040));
    server.line_with("ran compute {").await;
    assert_eq!(call(Bytes::new()).await, member(1, 0), "n is 0");
    assert_eq!(call(member(1, 91)).await, text("n is above 90"));
    let malformed = call(Bytes::from_static(b"\xff")).await;
    assert!(malformed.starts_with(b"\x12"), "{malformed:?}");
    within("the confirm", math.note(Bytes::from_static(b"\x0a\x02hi"))).await.expect("it is sent");
    assert_eq!(server.line_with("ran note {").await, r#"ran note {"text":"hi"}"#);
    let absent = within("the end", client.call_bytes("math.absent", Bytes::new())).await;
    let absent = absent.expect_err("an error");
    assert!(matches!(absent, CallError::Unroutable(_)), "{absent:?}");

    // The broker deletes the queue once it has noticed that its last consumer is gone.
    server.kill().await;
    let unroutable = async {
        loop {
            let ended = math.compute(Bytes::new()).timeout(Duration::from_millis(200)).await;
            match ended.expect_err("nobody serves") {
                CallError::Unroutable(_) => break,
                CallError::Timeout(_) => {}
                error => panic!("{error:?}"),
            }
        }
    };
    within("the queue to be deleted", unroutable).await;
}

#[tokio::test]
#[ignore = "needs the peers of other frameworks: scripts/test.sh"]
async fn kanin_shares_a_queue() {
    let Some(peer) = Peer::kanin() else { return };
    let vhost = Vhost::create().await;
    let mut theirs = peer.serve(&vhost, "math").await;
    let ours = Mathematician::default();
    let _server = serve(&vhost, ours.clone()).await;
    let math = MathClient::new(client(&vhost).await);
    let calls = (0..40).map(|_| math.compute(member(1, 10)));
    let replies = within("all replies", futures_util::future::try_join_all(calls)).await.expect("values");
    assert_eq!(replies, vec![member(1, 55); 40]);
    theirs.line_with("ran compute {").await;
    ours.until_begun(1).await;
}
