//! What foreign programs say of bodies that are JSON all the same, and bodies that they leave out.

use amqp_rpc::rpc_service;
use lapin::BasicProperties;

use super::{ask, registry};
use crate::{
    services::{connect, serve_fib, start},
    support::{RawPeer, Vhost, within},
    tutorial::{ForeignServer, TutorialClient, seed_shape, serve_tutorial},
};

fn of(content_type: &str, encoding: &str) -> BasicProperties {
    let typed = BasicProperties::default().with_content_type(content_type.into());
    if encoding.is_empty() { typed } else { typed.with_content_encoding(encoding.into()) }
}

/// Who sends it, its properties, and the number 30 as they write it.
fn thirty() -> Vec<(&'static str, BasicProperties, &'static [u8])> {
    vec![
        ("the tutorial in Go", of("text/plain", ""), b"30"),
        ("the tutorial in Ruby, by Bunny's default", of("application/octet-stream", ""), b"30"),
        ("rabbot, foo-foo-mq", of("application/json", "utf8"), b"30"),
        ("kombu, Celery, nameko in MessagePack", of("application/x-msgpack", "binary"), b"\x1e"),
        ("kombu with a JSON of bytes", of("application/json", "binary"), b"30"),
        ("kombu with ASCII", of("application/json", "us-ascii"), b"30"),
        ("a mailer", of("text/plain; charset=utf-8", "7bit"), b"30"),
        ("another mailer", of("application/json", "8bit"), b"30"),
        ("Spring", of("application/json", "UTF-8"), b"30"),
    ]
}

#[tokio::test]
async fn bodies_are_read_whatever_widespread_clients_call_them() {
    let vhost = Vhost::create().await;
    let _server = serve_tutorial(&vhost, seed_shape()).await;
    let _fib = serve_fib(&vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for (who, properties, body) in thirty() {
        let request = properties.clone().with_reply_to(replies.queue().into());
        peer.publish("", "rpc_queue", request, body).await;
        let reply = replies.next().await;
        assert_eq!(reply.kind(), Some("result"), "{who}: {}", String::from_utf8_lossy(&reply.body));
        if properties.content_type().as_ref().is_some_and(|kind| kind.as_str() != "application/x-msgpack") {
            assert_eq!((reply.text(), reply.content_type()), ("832040", Some("application/json")), "{who}");
            // A method with named parameters, through its exchange.
            let reply = ask(&vhost, "fib.compute", properties, br#"{"n":30}"#).await;
            assert_eq!((reply.kind(), reply.text()), (Some("result"), "832040"), "{who}");
        }
    }
}

#[tokio::test]
async fn replies_are_read_whatever_widespread_servers_call_them() {
    let vhost = Vhost::create().await;
    let mut server = ForeignServer::start(&vhost).await;
    let tutorial = TutorialClient::new(connect(&vhost).await);
    for (who, properties, body) in thirty() {
        let call = tokio::spawn(tutorial.fib(9));
        let request = server.next().await;
        let id = request.correlation_id().expect("requests have a correlation id");
        let reply_to = request.reply_to().expect("requests have a reply address");
        server.peer.publish("", reply_to, properties.with_correlation_id(id.into()), body).await;
        assert_eq!(within("the reply", call).await.unwrap().expect(who), 30, "{who}");
    }
}

#[rpc_service(exchange = "")]
trait Nothing {
    #[rpc(routing_key = "nothing")]
    async fn done(&self);
    #[rpc(routing_key = "nothing.unit", bare)]
    async fn unit(&self, nothing: ());
    #[rpc(routing_key = "nothing.choice", bare)]
    async fn choice(&self, choice: Option<u8>) -> Option<u8>;
}

impl Nothing for () {
    async fn done(&self) {}
    async fn unit(&self, (): ()) {}
    async fn choice(&self, choice: Option<u8>) -> Option<u8> {
        choice
    }
}

#[tokio::test]
async fn an_empty_body_is_a_request_without_parameters_and_nothing_else() {
    let vhost = Vhost::create().await;
    let _server = start(registry().service(NothingServer::new(())), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    for (queue, outcome) in [
        ("nothing", "result"),
        ("nothing.unit", "result"),
        // It may be `null`, or a value that was lost.
        ("nothing.choice", "fault"),
    ] {
        for content_type in ["", "application/octet-stream", "application/msgpack", "application/cbor"] {
            let request = of(content_type, "").with_reply_to(replies.queue().into());
            peer.publish("", queue, request, b"").await;
            assert_eq!(replies.next().await.kind(), Some(outcome), "{queue} {content_type}");
        }
    }
}

#[tokio::test]
async fn an_empty_reply_is_the_result_of_a_method_that_returns_nothing() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    for queue in ["nothing", "nothing.choice"] {
        peer.declare_queue(queue, Default::default(), Default::default()).await;
    }
    let nothing = NothingClient::new(connect(&vhost).await);
    let answer = async |queue: &str| {
        let request = peer.consume(queue, 1).await.next().await;
        let id = request.correlation_id().expect("requests have a correlation id").to_owned();
        let reply = BasicProperties::default().with_correlation_id(id.into());
        peer.publish("", request.reply_to().expect("requests have a reply address"), reply, b"").await;
    };
    let (done, ()) = tokio::join!(nothing.done(), answer("nothing"));
    done.expect("nothing is what it returns");
    let (choice, ()) = tokio::join!(nothing.choice(Some(1)), answer("nothing.choice"));
    assert!(matches!(choice, Err(amqp_rpc::CallError::Decode(_))), "{choice:?}");
}
