//! The tutorial: bodies of bare text, and silence instead of errors.

use std::time::Duration;

use amqp_rpc::{
    CallError, Server,
    dialect::Outcome,
    dialects::{Text, Tutorial},
    rpc_service,
};
use bytes::Bytes;
use lapin::{BasicProperties, types::ShortString};
use serde_json::json;

use super::{client_in, serve_fib_in};
use crate::{
    services::{FibClient, start},
    support::{RawPeer, Vhost, await_until, within},
};

/// What S2 serves, and a task that a server by hand would end of.
#[rpc_service]
trait Sum {
    async fn sum(&self, a: i64, b: i64) -> i64;
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct Adder;

impl Sum for Adder {
    async fn sum(&self, a: i64, b: i64) -> i64 {
        a + b
    }

    async fn note(&self, _: String) {}
}

fn rpc_queue() -> Tutorial {
    Tutorial::new().queue("fib.compute", "rpc_queue")
}

/// A request as pika's client of the tutorial sends it.
fn request(reply_to: &str) -> BasicProperties {
    BasicProperties::default()
        .with_correlation_id(ShortString::from("1"))
        .with_reply_to(ShortString::from(reply_to))
}

#[tokio::test]
async fn a_value_is_a_bare_text() {
    let vhost = Vhost::create().await;
    for dialect in [rpc_queue(), rpc_queue().codec(Text::new().separated_by(";"))] {
        let server = serve_fib_in(&vhost, dialect.clone()).await;
        assert_eq!(server.queues(), ["fib.whoami", "rpc_queue"]);
        let client = client_in(vhost.uri(), dialect).await;
        let fib = FibClient::new(client.clone());
        assert_eq!(within("a value", fib.compute(30)).await.unwrap(), 832_040);
        assert_eq!(within("a text", fib.whoami()).await.unwrap(), "-/-");
        let raw = client.call_bytes("fib.compute", Bytes::from_static(b"10"));
        assert_eq!(within("a value", raw).await.unwrap(), "55");
        within("the server to stop", server.shutdown()).await.unwrap();
    }
}

both_sides! {
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(Tutorial::new());
    fails_without_a_server: fails_without_a_server(Tutorial::new());
    calls_over_the_next_connection: calls_over_the_next_connection(Tutorial::new());
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(Tutorial::new().durable_queues());
}

#[tokio::test]
async fn two_parameters_have_a_comma_between_them() {
    let vhost = Vhost::create().await;
    let dialect = Tutorial::new().queue("sum.sum", "sum_queue");
    let server = Server::new().service_in(SumServer::new(Adder), dialect.clone());
    let _server = start(server, &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for (body, sum) in [(&b"2,40"[..], "42"), (b"-5,3", "-2")] {
        peer.publish("", "sum_queue", request(replies.queue()), body).await;
        let reply = replies.next().await;
        assert_eq!((reply.text(), reply.correlation_id()), (sum, Some("1")));
    }
    let sum = SumClient::new(client_in(vhost.uri(), dialect).await);
    assert_eq!(within("a value", sum.sum(2, 40)).await.unwrap(), 42);
    let refused = within("the refusal", sum.note("text".to_owned())).await.unwrap_err();
    let why = std::error::Error::source(&refused).expect("it says why").to_string();
    assert!(why.contains("sum.note") && why.contains("make it a call"), "{why}");
}

#[tokio::test]
async fn what_fails_is_rejected_in_silence() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, rpc_queue()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    // The method's own error, and bodies that are no number.
    for body in [&b"91"[..], b"garbage", b"", b"\xff", b"1,2"] {
        peer.publish("", "rpc_queue", request(replies.queue()), body).await;
    }
    peer.publish("", "rpc_queue", request(replies.queue()), b"10").await;
    assert_eq!(replies.next().await.text(), "55", "the only reply");
    let fib = FibClient::new(client_in(vhost.uri(), rpc_queue()).await);
    let error = within("the end of the call", fib.compute(91).timeout(Duration::from_millis(300))).await;
    assert!(matches!(error, Err(CallError::Timeout(_))), "{error:?}");
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("rpc_queue").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "all requests are settled");
}

#[tokio::test]
async fn errors_are_a_text_where_the_user_has_chosen_one() {
    let vhost = Vhost::create().await;
    let dialect = rpc_queue().errors_begin_with("error: ").error_text(|outcome| match outcome {
        Outcome::Error { text, .. } => Some(format!("error: {}", text.unwrap_or_default())),
        _ => None,
    });
    let _server = serve_fib_in(&vhost, dialect.clone()).await;
    let fib = FibClient::new(client_in(vhost.uri(), dialect).await);
    let error = within("the error", fib.compute(91)).await.unwrap_err();
    let CallError::Decode(error) = &error else { panic!("{error:?}") };
    assert_eq!(error.remote().and_then(|remote| remote.message()), Some("n is above 90"));
}

#[tokio::test]
async fn a_reply_that_is_not_of_the_type_cannot_be_decoded() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.declare_queue("rpc_queue", Default::default(), Default::default()).await;
    let mut requests = peer.consume("rpc_queue", 1).await;
    let client = client_in(vhost.uri(), rpc_queue()).await;
    let fib = FibClient::new(client.clone());
    let call = tokio::spawn(async move { fib.compute(30).await });
    let received = requests.next().await;
    assert_eq!(received.text(), "30");
    let reply_to = received.reply_to().expect("it has an address").to_owned();
    let id = ShortString::from(received.correlation_id().expect("it has an id"));
    received.ack().await;
    let properties = BasicProperties::default().with_correlation_id(id);
    peer.publish("", &reply_to, properties, b"Traceback").await;
    let error = within("the end of the call", call).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Decode(_)), "{error:?}");
    let error = within("the call", client.call_json("fib.compute", json!(30))).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
}

#[tokio::test]
async fn a_reply_is_never_a_request_to_a_service() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, rpc_queue()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("", "rpc_queue", request("rpc_queue"), b"30").await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), rpc_queue()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    within("the server to stop", server.shutdown()).await.unwrap();
    let queue = vhost.existing_queue("rpc_queue").await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "nothing was looped");
}
