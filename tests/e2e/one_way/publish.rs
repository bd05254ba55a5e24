//! Publishing events: topics, routing keys, and publishing without subscribers.

use amqp_rpc::{CallError, Client, Execution};
use lapin::ExchangeKind;

use super::{MailClient, bind_a_full_queue, bind_observer};
use crate::{
    services::connect,
    support::{Permissions, RawPeer, Vhost, within},
};

#[tokio::test]
async fn an_event_is_published_under_its_topic_and_needs_no_subscriber() {
    let vhost = Vhost::create().await;
    let mail = MailClient::new(connect(&vhost).await);
    mail.sent("nobody".into()).topic("eu.de").await.expect("that nobody has subscribed is no error");

    let (_peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc.events", ExchangeKind::Topic, &["mail.sent.#"]).await;
    mail.sent("house 1".into()).topic("eu.de").await.unwrap();
    mail.sent("house 2".into()).await.unwrap();
    for (key, to) in [("mail.sent.eu.de", "house 1"), ("mail.sent", "house 2")] {
        let message = within("the event", inbox.next()).await;
        assert_eq!((message.routing_key.as_str(), message.kind()), (key, Some("mail.sent")));
        assert_eq!(message.json(), serde_json::json!({ "to": to }));
        let properties = &message.properties;
        assert_eq!(*properties.delivery_mode(), Some(2));
        assert!(properties.expiration().is_none() && properties.reply_to().is_none(), "{properties:?}");
        assert!(properties.message_id().is_some());
    }
}

#[tokio::test]
async fn the_exchange_of_events_is_in_the_namespace() {
    let vhost = Vhost::create().await;
    let (_peer, mut inbox) =
        bind_observer(&vhost.uri(), "staging.amqp-rpc.events", ExchangeKind::Topic, &["#"]).await;
    let client = Client::builder().namespace("staging").connect(vhost.uri()).await.unwrap();
    MailClient::new(client).sent("house 1".into()).topic("eu").await.unwrap();
    assert_eq!(within("the event", inbox.next()).await.routing_key, "mail.sent.eu");
}

#[tokio::test]
async fn a_topic_that_no_pattern_matches_is_refused_before_it_is_sent() {
    let vhost = Vhost::create().await;
    let mail = MailClient::new(connect(&vhost).await);
    for topic in [".", "eu.", ".eu", "eu..de", &"x".repeat(250)] {
        let error = mail.sent("house 1".into()).topic(topic).await.unwrap_err();
        assert!(matches!(error, CallError::Encode(_)), "{topic}: {error:?}");
        assert_eq!(error.execution(), Execution::Never);
    }
    mail.sent("house 1".into()).topic("eu.de").await.expect("the channel has not suffered");
}

#[tokio::test]
async fn an_event_that_a_full_queue_refuses_is_rejected() {
    let vhost = Vhost::create().await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    bind_a_full_queue(&peer, "amqp-rpc.events", ExchangeKind::Topic, "mail.sent.full").await;
    let mail = MailClient::new(connect(&vhost).await);
    let error = mail.sent("house 1".into()).topic("full").await.unwrap_err();
    assert!(matches!(error, CallError::Nacked(_)), "{error:?}");
    mail.sent("house 1".into()).topic("empty").await.unwrap();
}

#[tokio::test]
async fn an_event_that_one_of_several_queues_refuses_is_nacked_and_the_others_have_it() {
    let vhost = Vhost::create().await;
    let (peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc.events", ExchangeKind::Topic, &["mail.sent.#"]).await;
    bind_a_full_queue(&peer, "amqp-rpc.events", ExchangeKind::Topic, "mail.sent.full").await;
    let mail = MailClient::new(connect(&vhost).await);
    let error = mail.sent("house 1".into()).topic("full").await.unwrap_err();
    assert!(matches!(error, CallError::Nacked(_)), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    assert_eq!(within("the event", inbox.next()).await.text(), r#"{"to":"house 1"}"#);
}

#[tokio::test]
async fn a_user_who_may_not_declare_publishes_events_once_their_exchange_is_there() {
    let mut vhost = Vhost::create().await;
    let permissions = Permissions { configure: "^amqp-rpc\\.reply\\.", write: ".*", read: ".*" };
    let uri = vhost.add_user("publisher", "secret", permissions).await;
    let mail = MailClient::new(Client::connect(uri).await.unwrap());
    let error = mail.sent("house 1".into()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Unroutable(unroutable) if unroutable.exchange_missing()),
        "{error:?}"
    );

    let (_peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc.events", ExchangeKind::Topic, &["#"]).await;
    crate::support::await_until("the exchange is found", || async {
        mail.sent("house 1".into()).await.is_ok()
    })
    .await;
    within("the event", inbox.next()).await;
}
