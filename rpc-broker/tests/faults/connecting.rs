//! Faults for new connections: refused and ignored connections, failed handshakes, stopped and restarted
//! brokers.

use std::{io::ErrorKind, time::Duration};

use amqp_rpc_broker::faults::{Action, Matcher, Method};
use futures_util::StreamExt;
use lapin::{
    BasicProperties, ExchangeKind,
    options::{
        BasicGetOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
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
async fn a_restart_keeps_exchanges_that_are_durable() {
    let test = TestBroker::new().await;
    let client = test.client("client").await;
    let channel = &client.channel;
    let durable_queue = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    in_time(channel.queue_declare("q".into(), durable_queue, FieldTable::default())).await.unwrap();
    for (name, durable, auto_delete) in EXCHANGES {
        let options = ExchangeDeclareOptions { durable, auto_delete, ..ExchangeDeclareOptions::default() };
        let kind = ExchangeKind::Fanout;
        in_time(channel.exchange_declare(name.into(), kind, options, FieldTable::default())).await.unwrap();
        let options = QueueBindOptions::default();
        in_time(channel.queue_bind("q".into(), name.into(), "".into(), options, FieldTable::default()))
            .await
            .unwrap();
    }

    in_time(test.broker.restart()).await.unwrap();

    for (name, durable, _) in EXCHANGES {
        // A refused declaration closes its channel.
        let client = test.client("client").await;
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let kind = ExchangeKind::Fanout;
        let found = client.channel.exchange_declare(name.into(), kind, passive, FieldTable::default());
        assert_eq!(in_time(found).await.is_ok(), durable, "{name}");
    }
}

/// Name, durability and auto-delete of exchanges.
const EXCHANGES: [(&str, bool, bool); 4] = [
    ("durable", true, false),
    ("durable and auto-delete", true, true),
    ("transient", false, false),
    ("transient and auto-delete", false, true),
];

#[tokio::test]
async fn an_auto_delete_exchange_goes_with_the_connection_of_its_last_queue() {
    let test = TestBroker::new().await;
    let (client, other) = (test.client("client").await, test.client("other").await);
    let channel = &client.channel;
    let auto_delete = ExchangeDeclareOptions { auto_delete: true, ..ExchangeDeclareOptions::default() };
    let kind = ExchangeKind::Headers;
    in_time(channel.exchange_declare("rpc.dlx".into(), kind.clone(), auto_delete, FieldTable::default()))
        .await
        .unwrap();
    let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    in_time(channel.queue_declare("mine".into(), exclusive, FieldTable::default())).await.unwrap();
    let options = QueueBindOptions::default();
    in_time(channel.queue_bind("mine".into(), "rpc.dlx".into(), "".into(), options, FieldTable::default()))
        .await
        .unwrap();
    let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    let is_there =
        other.channel.exchange_declare("rpc.dlx".into(), kind.clone(), passive, FieldTable::default());
    in_time(is_there).await.unwrap();

    in_time(client.connection.close(200, "done".into())).await.unwrap();

    let is_there = other.channel.exchange_declare("rpc.dlx".into(), kind, passive, FieldTable::default());
    let error = in_time(is_there).await.unwrap_err().to_string();
    assert!(error.contains("NOT_FOUND - no exchange 'rpc.dlx'"), "{error}");
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
