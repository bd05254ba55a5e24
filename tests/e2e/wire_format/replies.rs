//! Replies of our server, as a foreign client sees them, and how the server finds the method.

use amqp_rpc::{RunningServer, Server, rpc_service};
use lapin::BasicProperties;
use serde_json::json;

use crate::{
    services::{FibServer, Fibonacci, start},
    support::{Message, Proxy, RawPeer, Vhost, await_until, proxy::Toward, raw_peer::Inbox, within},
};

#[rpc_service]
trait Plain {
    async fn nothing(&self);
    async fn several(&self, a: u8, b: Option<String>) -> (u8, Option<String>);
    async fn panic(&self);
}

struct Simple;

impl Plain for Simple {
    async fn nothing(&self) {}

    async fn several(&self, a: u8, b: Option<String>) -> (u8, Option<String>) {
        (a, b)
    }

    async fn panic(&self) {
        panic!("expected by the test")
    }
}

/// Our server, and a client that speaks by hand.
struct Talk {
    _server: RunningServer,
    peer: RawPeer,
    replies: Inbox,
}

impl Talk {
    async fn start(vhost: &Vhost) -> Self {
        let server = Server::new().service(FibServer::new(Fibonacci)).service(PlainServer::new(Simple));
        let server = start(server, vhost).await;
        let peer = RawPeer::connect(&vhost.uri()).await;
        let replies = peer.open_reply_queue().await;
        Self { _server: server, peer, replies }
    }

    async fn ask(&mut self, key: &str, body: &str) -> Message {
        self.ask_with(BasicProperties::default(), ("amqp-rpc", key), body).await
    }

    async fn ask_with(&mut self, request: BasicProperties, to: (&str, &str), body: &str) -> Message {
        let request = request.with_reply_to(self.replies.queue().into()).with_correlation_id("id-1".into());
        assert!(self.peer.publish_mandatory(to.0, to.1, request, body.as_bytes()).await);
        self.replies.next().await
    }
}

fn properties_of(kind: &str) -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_correlation_id("id-1".into())
        .with_type(kind.into())
}

#[tokio::test]
async fn a_result_is_the_value() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    for (key, request, body) in [
        ("fib.compute", "{\"n\":30}", "832040"),
        ("plain.nothing", "{}", "null"),
        ("plain.several", "{\"a\":1,\"b\":\"x\"}", "[1,\"x\"]"),
        ("plain.several", " {\"more\": 1, \"a\": 1} ", "[1,null]"),
    ] {
        let reply = talk.ask(key, request).await;
        assert_eq!((&reply.properties, reply.text()), (&properties_of("result"), body), "{request}");
        assert_eq!((reply.exchange.as_str(), reply.routing_key.as_str()), ("", talk.replies.queue()));
    }
}

#[tokio::test]
async fn an_error_is_the_method_s_own() {
    let vhost = Vhost::create().await;
    let reply = Talk::start(&vhost).await.ask("fib.compute", "{\"n\":91}").await;
    assert_eq!(reply.properties, properties_of("error"));
    assert_eq!(reply.text(), "{\"TooLarge\":{\"limit\":90}}");
}

#[tokio::test]
async fn a_fault_is_an_object_of_code_message_and_sometimes_field() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    let reply = talk.ask("plain.several", "{\"a\":256}").await;
    assert_eq!(reply.properties, properties_of("fault"));
    let fault = reply.json();
    assert_eq!((&fault["code"], &fault["field"]), (&json!("bad_request"), &json!("a")));
    // The message names what was expected and not what came, because messages are logged.
    let says = |text| fault["message"].as_str().is_some_and(|message| message.contains(text));
    assert!(says("expected u8") && !says("256"), "{fault}");
    assert_eq!(fault.as_object().map(serde_json::Map::len), Some(3));

    let reply = talk.ask("plain.panic", "{}").await;
    assert_eq!(reply.properties, properties_of("fault"));
    assert_eq!(reply.json(), json!({"code": "panicked", "message": "the method panicked"}));
}

#[tokio::test]
async fn the_routing_key_names_the_method_or_else_the_type_does() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    let of_type = |kind: &str| BasicProperties::default().with_type(kind.into());
    for (kind, to, answer) in [
        ("fib.compute", ("", "fib"), "55"),
        ("fib.whoami", ("", "fib"), "\"-/-\""),
        // The key wins.
        ("fib.whoami", ("amqp-rpc", "fib.compute"), "55"),
        ("nonsense", ("amqp-rpc", "fib.compute"), "55"),
    ] {
        let reply = talk.ask_with(of_type(kind), to, "{\"n\":10}").await;
        assert_eq!((reply.kind(), reply.text()), (Some("result"), answer), "{kind} to {to:?}");
    }
    // A method of another queue is not served from this one.
    let reply = talk.ask_with(of_type("plain.nothing"), ("", "fib"), "{}").await;
    assert_eq!(reply.json()["code"], "unknown_method");
}

#[tokio::test]
async fn a_dead_letter_that_is_sent_again_reaches_its_method() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    let request = BasicProperties::default().with_type("fib.compute".into());
    talk.peer.publish("amqp-rpc", "fib.compute", request, b"{\"n\":\"ten\"}").await;
    await_until("it is dead", || async { vhost.existing_queue("fib.dead").await.ready == 1 }).await;

    // As an operator would: repair the body and publish the message to its queue again with all its
    // properties.
    let dead = talk.peer.get("fib.dead").await.expect("there is a dead letter");
    let mended = dead.text().replace("\"ten\"", "10");
    let reply = talk.ask_with(dead.properties.clone(), ("", "fib"), &mended).await;
    assert_eq!((reply.kind(), reply.text()), (Some("result"), "55"));
}

#[tokio::test]
async fn content_types_of_json_and_none_are_read() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    for content_type in
        ["", "application/json", "APPLICATION/JSON; charset=utf-8", "text/json", "application/x+json"]
    {
        for encoding in ["", "utf-8", "identity"] {
            let request = BasicProperties::default()
                .with_content_type(content_type.into())
                .with_content_encoding(encoding.into());
            let reply = talk.ask_with(request, ("amqp-rpc", "fib.compute"), "{\"n\":10}").await;
            assert_eq!((reply.kind(), reply.text()), (Some("result"), "55"), "{content_type} {encoding}");
        }
    }
    let request = BasicProperties::default().with_content_type("application/xml".into());
    let reply = talk.ask_with(request, ("amqp-rpc", "fib.compute"), "{\"n\":10}").await;
    assert_eq!(reply.json()["code"], "unsupported_media_type");
    assert!(reply.json()["message"].as_str().is_some_and(|text| text.contains("application/json")));
}

#[tokio::test]
async fn replies_are_not_mandatory() {
    let vhost = Vhost::create().await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = Server::new().service(FibServer::new(Fibonacci)).concurrency(1);
    let _server = within("the server", server.start(proxy.uri())).await.unwrap();
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for reply_to in ["amq.gen-nobody", replies.queue()] {
        let request = BasicProperties::default().with_reply_to(reply_to.into());
        peer.publish("amqp-rpc", "fib.compute", request, b"{\"n\":10}").await;
    }
    // One at a time: the reply without a receiver was handled before.
    assert_eq!(replies.next().await.text(), "55");
    let heard = proxy.methods(Toward::Client);
    assert!(!heard.contains(&"basic.return".to_owned()), "{heard:?}");
}
