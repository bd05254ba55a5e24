//! Notifications and events by name, and values in other codecs.

use amqp_rpc::{
    CallError, Client, Context, Execution, Server, Subscription,
    codec::{Cbor, MessagePack},
    middleware::{self, ClientNext, IncomingCall, OutgoingCall, Reply},
    rpc_service,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{
    services::{connect, serve_fib, start},
    support::{RawPeer, Vhost, await_until, within},
};

#[rpc_service(name = "tower.bells")]
trait Bells {
    #[rpc(notify)]
    async fn ring(&self, times: u32, #[rpc(context)] cx: &Context);
    #[rpc(event)]
    async fn rang(&self, times: u32, #[rpc(context)] cx: &Context);
}

/// Sends what it receives to the test.
#[derive(Clone)]
struct Ringer(mpsc::UnboundedSender<String>);

impl Bells for Ringer {
    async fn ring(&self, times: u32, cx: &Context) {
        assert!(cx.message_id().is_some(), "receivers tell repetitions by it");
        let _ = self.0.send(format!("ring {times} {}", cx.headers().text("by").unwrap_or("-")));
    }

    async fn rang(&self, times: u32, cx: &Context) {
        let _ = self.0.send(format!("rang {times} {}", cx.topic().unwrap_or("-")));
    }
}

#[tokio::test]
async fn notifications_and_events_by_name_reach_the_handlers_of_a_trait() {
    let vhost = Vhost::create().await;
    let (heard, mut rings) = mpsc::unbounded_channel();
    let ringer = || BellsServer::new(Ringer(heard.clone()));
    let listener = Subscription::listener().to::<BellsRang>(["eu.*"]);
    let _server = start(Server::new().service(ringer()).subscribe(ringer(), listener), &vhost).await;
    let client = connect(&vhost).await;

    client.notify_json("tower.bells.ring", json!({"times": 3})).header("by", "name").await.unwrap();
    assert_eq!(within("the notification", rings.recv()).await.unwrap(), "ring 3 name");
    let bytes = client.notify_bytes("tower.bells.ring", r#"{"times": 4}"#).content_type("application/json");
    bytes.await.unwrap();
    assert_eq!(within("the notification", rings.recv()).await.unwrap(), "ring 4 -");

    // To no subscriber: no error, and nothing comes.
    client.publish_json("tower.bells.rang", json!({"times": 1})).await.unwrap();
    client.publish_json("tower.bells.rang", json!({"times": 2})).topic("us.ny").await.unwrap();
    client.publish_json("tower.bells.rang", json!({"times": 5})).topic("eu.de").await.unwrap();
    assert_eq!(within("the event", rings.recv()).await.unwrap(), "rang 5 eu.de");
    let bytes = client.publish_bytes("tower.bells.rang", r#"{"times": 6}"#).topic("eu.fr");
    bytes.content_type("application/json").await.unwrap();
    assert_eq!(within("the event", rings.recv()).await.unwrap(), "rang 6 eu.fr");
}

#[tokio::test]
async fn a_notification_by_name_that_fails_is_a_dead_letter_of_its_method() {
    let vhost = Vhost::create().await;
    let (heard, _rings) = mpsc::unbounded_channel();
    let _server = start(Server::new().service(BellsServer::new(Ringer(heard))), &vhost).await;
    let client = connect(&vhost).await;
    client.notify_json("tower.bells.ring", json!({"times": "many"})).await.unwrap();
    await_until("it is dead", || async { vhost.existing_queue("tower.bells.dead").await.ready == 1 }).await;
    // By its type it finds its method when it is sent again.
    let dead = RawPeer::connect(&vhost.uri()).await.get("tower.bells.dead").await.expect("it is kept");
    assert_eq!(dead.kind(), Some("tower.bells.ring"));
}

#[tokio::test]
async fn a_notification_by_name_that_nobody_serves_is_unroutable() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let error = client.notify_json("nobody.ring", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Unroutable(_)), "{error:?}");
    assert_eq!(error.execution(), Execution::Never);
}

#[tokio::test]
async fn a_notification_by_name_fails_fast_like_a_typed_one() {
    let vhost = Vhost::create().await;
    let (heard, _rings) = mpsc::unbounded_channel();
    let server = start(Server::new().service(BellsServer::new(Ringer(heard))), &vhost).await;
    server.shutdown().await.unwrap();
    let client = connect(&vhost).await;
    let ring = || client.notify_json("tower.bells.ring", json!({"times": 1}));
    let error = ring().fail_fast().await.unwrap_err();
    assert!(matches!(error, CallError::NoConsumer(_)), "{error:?}");
    // The queue keeps what does not fail fast.
    ring().await.unwrap();
}

#[tokio::test]
async fn names_and_topics_that_cannot_be_sent_are_errors_at_the_sender() {
    let vhost = Vhost::create().await;
    let client = connect(&vhost).await;
    for (message, why) in [
        (client.notify_json("tower..ring", json!({})), "the name of the method"),
        (client.publish_json("", json!({})), "the name of the method"),
        (client.publish_json("bells.rang", json!({})).topic("eu..de"), "empty word"),
        (client.notify_json("bells.ring", json!({})).topic("eu"), "only an event has a topic"),
    ] {
        let error = message.await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{error:?}");
        let text = std::error::Error::source(&error).expect("it has a reason").to_string();
        assert!(text.contains(why), "{text}");
    }
}

#[tokio::test]
async fn layers_of_a_client_see_the_name_and_the_kind_of_an_untyped_message() {
    let vhost = Vhost::create().await;
    let (seen, mut names) = mpsc::unbounded_channel();
    let see = middleware::client_from_fn(move |call: OutgoingCall, next: ClientNext| {
        let seen = seen.clone();
        async move {
            let _ = seen.send(format!("{:?} {}", call.method().kind, call.name()));
            next.run(call).await
        }
    });
    let client = Client::builder().layer(see).connect(vhost.uri()).await.unwrap();
    // Whether they arrive is another question.
    let _ = client.publish_json("tower.bells.rang", json!({"times": 1})).await;
    assert_eq!(names.recv().await.unwrap(), "Event tower.bells.rang");
    let _ = client.notify_json("tower.bells.ring", json!({"times": 1})).await;
    assert_eq!(names.recv().await.unwrap(), "Notify tower.bells.ring");
}

#[tokio::test]
async fn a_value_travels_in_the_codec_that_its_caller_chooses() {
    let vhost = Vhost::create().await;
    let content_type =
        |call: IncomingCall| async move { Reply::json(&call.context().content_type().unwrap_or("none")) };
    let _raw = start(Server::new().raw("codecs.name", content_type), &vhost).await;
    let _server = serve_fib(&vhost).await;
    let client = connect(&vhost).await;
    let call = || client.call_json("fib.compute", json!({"n": 10}));
    assert_eq!(call().codec(MessagePack).await.unwrap(), json!(55));
    assert_eq!(call().codec(Cbor).await.unwrap(), json!(55));
    let name = || client.call_json("codecs.name", json!(1));
    assert_eq!(name().codec(MessagePack).await.unwrap(), "application/msgpack");
    assert_eq!(name().await.unwrap(), "application/json");
}
