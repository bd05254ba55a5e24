//! Faults for new connections: refused and ignored connections, failed handshakes, stopped and restarted
//! brokers.

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
    setup::{TestBroker, in_time},
};

#[tokio::test]
async fn refused_connections_are_reset_until_all_were() {
    let test = TestBroker::new().await;
    test.broker.refuse_connections(2);

    for _ in 0..2 {
        // The connection may have been established before the reset arrives.
        let end = match Raw::connect(&test).await {
            Ok(raw) => raw.rest().await,
            Err(error) => (Vec::new(), Err(error)),
        };
        assert_eq!((end.0, end.1.unwrap_err().kind()), (Vec::new(), ErrorKind::ConnectionReset));
    }

    assert!(test.try_connect("third").await.is_ok());
}

#[tokio::test]
async fn an_ignored_connection_is_accepted_and_gets_no_bytes() {
    let test = TestBroker::new().await;
    test.broker.ignore_connections(1);

    let silent = Raw::connect(&test).await.unwrap();
    assert!(test.try_connect("second").await.is_ok());

    assert!(timeout(Duration::from_millis(50), silent.rest()).await.is_err(), "no bytes arrive");
}

#[tokio::test]
async fn connections_are_served_again_when_the_number_is_reset() {
    let test = TestBroker::new().await;
    test.broker.refuse_connections(usize::MAX);
    assert!(test.try_connect("first").await.is_err());

    test.broker.refuse_connections(0);

    assert!(test.try_connect("second").await.is_ok());
}

#[tokio::test]
async fn a_rule_breaks_a_handshake_at_its_method() {
    let test = TestBroker::new().await;
    let methods = [
        Matcher::to_client(Method::ConnectionStart),
        Matcher::from_client(Method::ConnectionStartOk),
        Matcher::to_client(Method::ConnectionTune),
        Matcher::from_client(Method::ConnectionOpen),
        Matcher::to_client(Method::ConnectionOpenOk),
    ];
    for matcher in methods {
        for action in [Action::Reset, Action::CloseConnection(320, "CONNECTION_FORCED - by a test".into())] {
            let rule = test.broker.on(matcher.clone().times(1), action.clone());
            assert!(test.try_connect("client").await.is_err(), "{matcher:?} {action:?}");
            assert_eq!(rule.hits(), 1, "{matcher:?} {action:?}");
            assert!(test.try_connect("client").await.is_ok(), "after {matcher:?} {action:?}");
        }
    }
}

#[tokio::test]
async fn a_blocked_publisher_is_notified_and_waits() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    client.declare("q").await;
    let recording = test.broker.record();
    test.broker.block("by a test");

    client.publish("q", "1").await;
    in_time(recording.until(&Matcher::to_client(Method::ConnectionBlocked).connection("client"))).await;
    assert_eq!(test.ready("q").await, 0);

    test.broker.unblock();
    client.sync().await;
    assert_eq!(test.ready("q").await, 1);
    let blocked = Matcher::to_client(Method::ConnectionBlocked);
    recording.frames().assert_in_order(&[blocked.clone(), Matcher::from_client(Method::BasicPublish)]);
    recording.frames().assert_in_order(&[blocked, Matcher::to_client(Method::ConnectionUnblocked)]);
}

#[tokio::test]
async fn a_restart_keeps_what_is_durable() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    in_time(client.channel.queue_declare("durable".into(), durable, FieldTable::default())).await.unwrap();
    client.declare("transient").await;
    client.publish("durable", "transient").await;
    let (options, persistent) =
        (BasicPublishOptions::default(), BasicProperties::default().with_delivery_mode(2));
    let channel = &client.channel;
    in_time(channel.basic_publish("".into(), "durable".into(), options, b"persistent", persistent))
        .await
        .unwrap();
    client.sync().await;

    in_time(test.broker.restart()).await.unwrap();

    let client = test.client("client").await;
    let names = test.vhost.queues().await.into_iter().map(|queue| queue.name);
    assert_eq!(names.collect::<Vec<_>>(), ["durable"]);
    let got = in_time(client.channel.basic_get("durable".into(), BasicGetOptions::default())).await.unwrap();
    assert_eq!(got.unwrap().delivery.data, b"persistent");
}

#[tokio::test]
async fn a_crash_resets_connections_without_a_close() {
    let test = TestBroker::new().await;
    let (raw, client) = (Raw::open(&test).await, test.client("client").await);
    client.declare("q").await;
    let mut consumer = client.consume("q").await;

    in_time(test.broker.crash()).await;

    let (bytes, end) = raw.rest().await;
    assert_eq!((bytes, end.unwrap_err().kind()), (Vec::new(), ErrorKind::ConnectionReset));
    assert!(in_time(consumer.next()).await.is_none_or(|next| next.is_err()));
    assert!(test.try_connect("client").await.is_err());
    test.broker.start_again().await.unwrap();
    assert!(test.try_connect("client").await.is_ok());
}
