//! `FastStream` and `RustStream`: a queue for each method, values by content type, silence for errors.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, RunningServer, Server, client::ReplyTo, dialects::FastStream, rpc_service,
    secrets::Keyring,
};
use bytes::Bytes;
use lapin::{BasicProperties, types::ShortString};
use serde_json::{Value, json};

use super::{client_in, serve_fib_in};
use crate::{
    services::{FibClient, FibServer, Fibonacci, start},
    support::{RawPeer, Vhost, await_until, raw_peer::Inbox, within},
};

/// Methods with the values that the content type tells apart.
#[rpc_service]
trait Desk {
    #[rpc(bare)]
    async fn greet(&self, name: String) -> String;
    async fn find(&self, name: String) -> Option<String>;
    async fn clear(&self);
    #[rpc(bare)]
    async fn stamp(&self, page: Bytes) -> Bytes;
    async fn count(&self) -> u64;
    #[rpc(notify)]
    async fn note(&self, text: String);
}

struct TidyDesk;

impl Desk for TidyDesk {
    async fn greet(&self, name: String) -> String {
        format!("hello {name}")
    }

    async fn find(&self, name: String) -> Option<String> {
        (name == "pen").then(|| "here".to_owned())
    }

    async fn clear(&self) {}

    async fn stamp(&self, page: Bytes) -> Bytes {
        [&page[..], b"\xff"].concat().into()
    }

    async fn count(&self) -> u64 {
        0
    }

    async fn note(&self, _: String) {}
}

fn call_to(reply_to: &str, content_type: Option<&str>) -> BasicProperties {
    let properties = BasicProperties::default().with_correlation_id(ShortString::from("1"));
    let properties = properties.with_reply_to(ShortString::from(reply_to));
    content_type.into_iter().fold(properties, |properties, content_type| {
        properties.with_content_type(ShortString::from(content_type))
    })
}

async fn serve_desk(vhost: &Vhost) -> RunningServer {
    start(Server::new().service_in(DeskServer::new(TidyDesk), FastStream::new()), vhost).await
}

async fn stop(server: RunningServer, vhost: &Vhost, queue: &str) {
    within("the server to stop", server.shutdown()).await.expect("the server stops");
    let queue = vhost.existing_queue(queue).await;
    assert_eq!((queue.ready, queue.unacked), (0, 0), "everything is settled");
}

both_sides! {
    serves_beside_the_native_protocol: serves_beside_the_native_protocol(FastStream::new());
    fails_without_a_server: fails_without_a_server(FastStream::new());
    calls_over_the_next_connection: calls_over_the_next_connection(FastStream::new());
    survives_the_loss_of_a_server: survives_the_loss_of_a_server(FastStream::new());
}

#[tokio::test]
async fn values_of_all_kinds_come_back() {
    let vhost = Vhost::create().await;
    let server = serve_desk(&vhost).await;
    for reply_to in [ReplyTo::Direct, ReplyTo::ExclusiveQueue] {
        let builder = Client::builder().reply_to(reply_to).dialect(FastStream::new());
        let client = within("the client to connect", builder.connect(vhost.uri())).await.unwrap();
        let desk = DeskClient::new(client.clone());
        assert_eq!(within("a text", desk.greet("Ada".into())).await.unwrap(), "hello Ada");
        assert_eq!(within("a text", desk.find("pen".into())).await.unwrap().as_deref(), Some("here"));
        assert_eq!(within("nothing", desk.find("ink".into())).await.unwrap(), None);
        within("nothing", desk.clear()).await.unwrap();
        assert_eq!(within("bytes", desk.stamp(Bytes::from_static(b"\x00"))).await.unwrap(), &b"\x00\xff"[..]);
        within("the confirmation", desk.note("x".into())).await.unwrap();
        let unknown = within("no queue", client.call_json("desk.missing", json!({}))).await.unwrap_err();
        assert!(matches!(unknown, CallError::Unroutable(_)), "{unknown:?}");
    }
    stop(server, &vhost, "desk.greet").await;
}

/// Replies to the next request, and returns its body.
async fn reply(peer: &RawPeer, requests: &mut Inbox, content_type: Option<&str>, body: &[u8]) -> Vec<u8> {
    let request = requests.next().await;
    let id = ShortString::from(request.correlation_id().expect("it is a call"));
    let properties = call_to("", content_type).with_correlation_id(id);
    peer.publish("", request.reply_to().expect("it is a call"), properties, body).await;
    let request_body = request.body.clone();
    request.ack().await;
    request_body
}

#[tokio::test]
async fn replies_are_read_by_their_content_type() {
    let vhost = Vhost::create().await;
    // Declares the queues, as the peer does.
    within("the server to stop", serve_desk(&vhost).await.shutdown()).await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let client = client_in(vhost.uri(), FastStream::new()).await;
    let desk = DeskClient::new(client.clone());
    let mut greet = peer.consume("desk.greet", 1).await;
    let text = tokio::join!(desk.greet("Ada".into()), reply(&peer, &mut greet, Some("text/plain"), b"30"));
    assert_eq!((text.0.unwrap().as_str(), &text.1[..]), ("30", &b"\"Ada\""[..]));
    let untyped = client.call_json("desk.greet", json!("Ada"));
    let untyped = tokio::join!(untyped, reply(&peer, &mut greet, Some("text/plain"), b"hello"));
    let untyped: Value = untyped.0.unwrap();
    assert_eq!(untyped, json!("hello"));

    let mut find = peer.consume("desk.find", 1).await;
    let text =
        tokio::join!(desk.find("pen".into()), reply(&peer, &mut find, Some("text/plain"), "hé".as_bytes()));
    assert_eq!(text.0.unwrap().as_deref(), Some("hé"));
    let nothing = tokio::join!(desk.find("ink".into()), reply(&peer, &mut find, None, b""));
    assert_eq!(nothing.0.unwrap(), None);

    let mut clear = peer.consume("desk.clear", 1).await;
    let nothing = tokio::join!(desk.clear(), reply(&peer, &mut clear, None, b""));
    nothing.0.unwrap();

    let mut stamp = peer.consume("desk.stamp", 1).await;
    let page = Bytes::from_static(b"\xfe");
    let bytes = tokio::join!(desk.stamp(page), reply(&peer, &mut stamp, None, b"\xfe\xff"));
    assert_eq!((bytes.0.unwrap(), &bytes.1[..]), (Bytes::from_static(b"\xfe\xff"), &b"\xfe"[..]));
    let nothing = tokio::join!(desk.stamp(Bytes::new()), reply(&peer, &mut stamp, None, b""));
    assert_eq!(nothing.0.unwrap(), Bytes::new());

    let mut count = peer.consume("desk.count", 1).await;
    // As RustStream replies, and with a charset.
    for content_type in [None, Some("application/json; charset=utf-8")] {
        let number = tokio::join!(desk.count(), reply(&peer, &mut count, content_type, b"7"));
        assert_eq!(number.0.unwrap(), 7);
    }
    let text = tokio::join!(desk.count(), reply(&peer, &mut count, Some("text/plain"), b"7"));
    let text = text.0.unwrap_err();
    assert!(matches!(text, CallError::Decode(_)), "a text is no number: {text:?}");
}

#[tokio::test]
async fn a_peer_s_text_is_a_string_and_what_fails_is_rejected_in_silence() {
    let vhost = Vhost::create().await;
    let server = serve_desk(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let reply_to = replies.queue().to_owned();
    for (content_type, garbage) in [
        (Some("text/plain"), &b"\xff"[..]),
        (Some("application/json"), b"{\"name\":"),
        (Some("application/octet-stream"), b"\"Ada\""),
        (Some("application/json"), b"[30]"),
        (None, b""),
    ] {
        peer.publish("", "desk.greet", call_to(&reply_to, content_type), garbage).await;
    }
    peer.publish("", "desk.greet", call_to(&reply_to, Some("text/plain")), "\"Zoë\"".as_bytes()).await;
    let reply = replies.next().await;
    assert_eq!(reply.json(), json!("hello \"Zoë\""), "the others had no reply");
    assert_eq!((reply.content_type(), reply.correlation_id()), (Some("application/json"), Some("1")));
    stop(server, &vhost, "desk.greet").await;
}

#[tokio::test]
async fn an_error_ends_with_the_time_of_the_call() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, FastStream::new()).await;
    let fib = FibClient::new(client_in(vhost.uri(), FastStream::new()).await);
    assert_eq!(within("a value", fib.compute(30)).await.unwrap(), 832_040);
    let error = within("the end", fib.compute(91).timeout(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    stop(server, &vhost, "fib.compute").await;
}

#[tokio::test]
async fn a_reply_is_never_a_request_to_a_service() {
    let vhost = Vhost::create().await;
    let server = serve_fib_in(&vhost, FastStream::new()).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    peer.publish("", "fib.compute", call_to("fib.compute", None), b"{\"n\":30}").await;
    await_until("the request is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    let fib = FibClient::new(client_in(vhost.uri(), FastStream::new()).await);
    assert_eq!(within("a value", fib.compute(10)).await.unwrap(), 55);
    stop(server, &vhost, "fib.compute").await;
}

#[tokio::test]
async fn the_names_in_a_request_are_checked_as_ever() {
    let vhost = Vhost::create().await;
    let _server = serve_desk(&vhost).await;
    let keyring = Keyring::new("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").expect("it is a key");
    let builder = Client::builder().keyring(keyring.protect_names(["name"])).dialect(FastStream::new());
    let client = within("the client to connect", builder.connect(vhost.uri())).await.unwrap();
    let desk = DeskClient::new(client);
    within("nothing", desk.clear()).await.unwrap();
    assert_eq!(within("a text", desk.greet("Ada".into())).await.unwrap(), "hello Ada");
    let error = within("the refusal", desk.find("pen".into())).await.unwrap_err();
    assert!(matches!(&error, CallError::Encode(_)) && format!("{error:?}").contains("name"), "{error:?}");
}

#[tokio::test]
async fn two_methods_with_one_queue_are_refused() {
    let vhost = Vhost::create().await;
    let dialect = FastStream::new().queue("compute", "math").queue("fib.whoami", "math");
    let server = Server::new().service_in(FibServer::new(Fibonacci), dialect).start(vhost.uri());
    let error = within("the refusal", server).await.unwrap_err().to_string();
    assert!(error.contains("have one name there"), "{error}");
}
