//! The context of a call: address, deadline, headers, properties, user.

use std::time::Duration;

use amqp_rpc::{Client, Context, HeaderValue, Server, rpc_service};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};

use crate::{
    services::{FibClient, serve_fib, start},
    support::{RawPeer, Vhost},
};

/// Returns to the caller what the method sees in its context.
#[rpc_service]
trait Mirror {
    async fn address(&self, #[rpc(context)] cx: &Context) -> (String, String, String);
    async fn remaining_millis(&self, #[rpc(context)] cx: &Context) -> Option<u64>;
    async fn header(&self, #[rpc(context)] cx: &Context, name: String) -> Option<String>;
    async fn ids(&self, #[rpc(context)] cx: &Context) -> (Option<String>, Option<u8>, bool);
}

struct Glass;

impl Mirror for Glass {
    async fn address(&self, cx: &Context) -> (String, String, String) {
        (cx.exchange().into(), cx.routing_key().into(), cx.method().full_name.into())
    }

    async fn remaining_millis(&self, cx: &Context) -> Option<u64> {
        cx.remaining().map(|remaining| u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX))
    }

    async fn header(&self, cx: &Context, name: String) -> Option<String> {
        cx.headers().get(&name).map(|value| format!("{value:?}"))
    }

    async fn ids(&self, cx: &Context) -> (Option<String>, Option<u8>, bool) {
        (cx.message_id().map(str::to_owned), cx.priority(), cx.redelivered())
    }
}

async fn mirror(vhost: &Vhost) -> (amqp_rpc::RunningServer, MirrorClient) {
    let server = start(Server::new().service(MirrorServer::new(Glass)), vhost).await;
    (server, MirrorClient::new(crate::services::connect(vhost).await))
}

#[tokio::test]
async fn a_method_sees_how_it_was_addressed() {
    let vhost = Vhost::create().await;
    let (_server, mirror) = mirror(&vhost).await;
    let expected = ("amqp-rpc".to_owned(), "mirror.address".to_owned(), "mirror.address".to_owned());
    assert_eq!(mirror.address().await.unwrap(), expected);
}

#[tokio::test]
async fn a_method_sees_the_deadline_of_its_caller() {
    let vhost = Vhost::create().await;
    let (_server, mirror) = mirror(&vhost).await;
    let remaining = mirror.remaining_millis().timeout(Duration::from_secs(60)).await.unwrap().unwrap();
    assert!((40_000..=60_000).contains(&remaining), "{remaining}");
    assert_eq!(mirror.remaining_millis().timeout(Duration::MAX).await.unwrap(), None);
}

#[tokio::test]
async fn headers_arrive_in_their_own_types() {
    let vhost = Vhost::create().await;
    let (_server, mirror) = mirror(&vhost).await;
    for (value, shown) in [
        (HeaderValue::from("acme"), "Text(\"acme\")"),
        (HeaderValue::from(7), "Int(7)"),
        (HeaderValue::from(true), "Bool(true)"),
        (HeaderValue::from(0.5), "Float(0.5)"),
        (HeaderValue::Timestamp(9), "Timestamp(9)"),
        (HeaderValue::List(vec![1.into(), "x".into()]), "List([Int(1), Text(\"x\")])"),
        (HeaderValue::Null, "Null"),
    ] {
        assert_eq!(mirror.header("h".into()).header("h", value).await.unwrap().as_deref(), Some(shown));
    }
    assert_eq!(mirror.header("absent".into()).await.unwrap(), None);
}

#[tokio::test]
async fn foreign_properties_are_visible_unchanged() {
    let vhost = Vhost::create().await;
    let (_server, mirror) = mirror(&vhost).await;
    assert_eq!(mirror.ids().priority(4).await.unwrap(), (None, Some(4), false));

    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let mut headers = FieldTable::default();
    headers.insert("x".into(), AMQPValue::LongInt(1));
    let properties = BasicProperties::default()
        .with_reply_to(replies.queue().into())
        .with_message_id("job-17".into())
        .with_headers(headers);
    peer.publish("amqp-rpc", "mirror.ids", properties, b"{}").await;
    assert_eq!(replies.next().await.text(), r#"["job-17",null,false]"#);
}

#[tokio::test]
async fn the_broker_validates_the_user_id() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = Client::builder().send_user_id().app_id("billing").connect(vhost.uri()).await.unwrap();
    assert_eq!(FibClient::new(client).whoami().await.unwrap(), "guest/billing");
}

/// Blocks in a plain function until another call signals it.
#[rpc_service]
trait Blocking {
    #[rpc(blocking)]
    fn wait_for_signal(&self) -> String;
    #[rpc(blocking)]
    fn panic(&self);
    async fn signal(&self);
}

struct Channel(std::sync::Mutex<std::sync::mpsc::Receiver<()>>, std::sync::mpsc::Sender<()>);

impl Blocking for Channel {
    fn wait_for_signal(&self) -> String {
        let receiver = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match receiver.recv_timeout(Duration::from_secs(20)) {
            Ok(()) => "heard".into(),
            Err(error) => error.to_string(),
        }
    }

    fn panic(&self) {
        panic!("expected by the test");
    }

    async fn signal(&self) {
        self.1.send(()).expect("the receiver lives");
    }
}

// A single-threaded runtime: a blocking method on its thread would keep the signal from being handled.
#[tokio::test(flavor = "current_thread")]
async fn a_blocking_method_does_not_block_the_others() {
    let vhost = Vhost::create().await;
    let (sender, receiver) = std::sync::mpsc::channel();
    let service = BlockingServer::new(Channel(receiver.into(), sender));
    let _server = start(Server::new().service(service), &vhost).await;
    let blocking = BlockingClient::new(crate::services::connect(&vhost).await);

    let waiting = tokio::spawn(blocking.wait_for_signal());
    blocking.signal().await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), "heard");
    let error = blocking.panic().await.unwrap_err();
    assert!(error.to_string().starts_with("panicked"), "{error}");
}
