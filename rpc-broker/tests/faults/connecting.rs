//! What clients meet that connect: refusals, silence, handshakes that fail, brokers that stop and come back.

use std::{io::ErrorKind, time::Duration};

use amqp_rpc_broker::faults::{Action, Matcher, Method};
use futures_util::StreamExt;
use lapin::{
    BasicProperties,
    options::{BasicGetOptions, BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::time::timeout;

use crate::{
    raw::Raw,
    stage::{Stage, soon},
};

#[tokio::test]
async fn refused_connections_are_reset_until_all_were() {
    let stage = Stage::new().await;
    stage.broker.refuse_connections(2);

    for _ in 0..2 {
        // Connecting may have succeeded before the reset comes.
        let end = match Raw::connect(&stage).await {
            Ok(raw) => raw.rest().await,
            Err(error) => (Vec::new(), Err(error)),
        };
        assert_eq!((end.0, end.1.unwrap_err().kind()), (Vec::new(), ErrorKind::ConnectionReset));
    }

    assert!(stage.try_connect("third").await.is_ok());
}

#[tokio::test]
async fn a_silent_broker_accepts_and_says_nothing() {
    let stage = Stage::new().await;
    stage.broker.ignore_connections(1);

    let silent = Raw::connect(&stage).await.unwrap();
    assert!(stage.try_connect("second").await.is_ok());

    assert!(timeout(Duration::from_millis(50), silent.rest()).await.is_err(), "it says nothing");
}

#[tokio::test]
async fn connections_are_served_again_when_the_number_is_taken_back() {
    let stage = Stage::new().await;
    stage.broker.refuse_connections(usize::MAX);
    assert!(stage.try_connect("first").await.is_err());

    stage.broker.refuse_connections(0);

    assert!(stage.try_connect("second").await.is_ok());
}

#[tokio::test]
async fn a_handshake_breaks_where_a_rule_says() {
    let stage = Stage::new().await;
    let methods = [
        Matcher::to_client(Method::ConnectionStart),
        Matcher::from_client(Method::ConnectionStartOk),
        Matcher::to_client(Method::ConnectionTune),
        Matcher::from_client(Method::ConnectionOpen),
        Matcher::to_client(Method::ConnectionOpenOk),
    ];
    for event in methods {
        for action in [Action::Reset, Action::CloseConnection(320, "CONNECTION_FORCED - by a test".into())] {
            let rule = stage.broker.on(event.clone().times(1), action.clone());
            assert!(stage.try_connect("client").await.is_err(), "{event:?} {action:?}");
            assert_eq!(rule.hits(), 1, "{event:?} {action:?}");
            assert!(stage.try_connect("client").await.is_ok(), "after {event:?} {action:?}");
        }
    }
}

#[tokio::test]
async fn a_blocked_publisher_is_told_and_waits() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    client.declare("q").await;
    let recording = stage.broker.record();
    stage.broker.block("by a test");

    client.publish("q", "1").await;
    soon(recording.until(&Matcher::to_client(Method::ConnectionBlocked).connection("client"))).await;
    assert_eq!(stage.ready("q").await, 0);

    stage.broker.unblock();
    client.sync().await;
    assert_eq!(stage.ready("q").await, 1);
    let blocked = Matcher::to_client(Method::ConnectionBlocked);
    recording.frames().assert_in_order(&[blocked.clone(), Matcher::from_client(Method::BasicPublish)]);
    recording.frames().assert_in_order(&[blocked, Matcher::to_client(Method::ConnectionUnblocked)]);
}

#[tokio::test]
async fn a_restart_keeps_what_is_durable() {
    let stage = Stage::new().await;
    let client = stage.client("client").await;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    soon(client.channel.queue_declare("durable".into(), durable, FieldTable::default())).await.unwrap();
    client.declare("transient").await;
    client.publish("durable", "transient").await;
    let (options, persistent) =
        (BasicPublishOptions::default(), BasicProperties::default().with_delivery_mode(2));
    let channel = &client.channel;
    soon(channel.basic_publish("".into(), "durable".into(), options, b"persistent", persistent))
        .await
        .unwrap();
    client.sync().await;

    soon(stage.broker.restart()).await.unwrap();

    let client = stage.client("client").await;
    let names = stage.vhost.queues().await.into_iter().map(|queue| queue.name);
    assert_eq!(names.collect::<Vec<_>>(), ["durable"]);
    let got = soon(client.channel.basic_get("durable".into(), BasicGetOptions::default())).await.unwrap();
    assert_eq!(got.unwrap().delivery.data, b"persistent");
}

#[tokio::test]
async fn a_crash_resets_connections_without_a_word() {
    let stage = Stage::new().await;
    let (raw, client) = (Raw::open(&stage).await, stage.client("client").await);
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    soon(stage.broker.crash()).await;

    let (bytes, end) = raw.rest().await;
    assert_eq!((bytes, end.unwrap_err().kind()), (Vec::new(), ErrorKind::ConnectionReset));
    assert!(soon(consumer.next()).await.is_none_or(|next| next.is_err()));
    assert!(stage.try_connect("client").await.is_err());
    stage.broker.start_again().await.unwrap();
    assert!(stage.try_connect("client").await.is_ok());
}
