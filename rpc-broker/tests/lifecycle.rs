//! Consumers, connections and virtual hosts that end at an unusual moment, and dead letters in a cycle.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "clients of the broker speak AMQP by hand, and a test may panic"
)]

use std::{future::IntoFuture, time::Duration};

use amqp_rpc_broker::Broker;
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions,
        BasicQosOptions, BasicRejectOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use tokio::time::timeout;

/// Waits for an expected event.
async fn in_time<F: IntoFuture>(fact: F) -> F::Output {
    timeout(Duration::from_secs(20), fact).await.expect("it happens in time")
}

async fn connect(uri: &str) -> (Connection, Channel) {
    let connection = in_time(Connection::connect(uri, ConnectionProperties::default())).await.unwrap();
    let channel = in_time(connection.create_channel()).await.unwrap();
    (connection, channel)
}

/// Declares a durable queue. Arguments that look like numbers are numbers, the others are strings.
async fn declare(channel: &Channel, queue: &str, arguments: &[(&str, &str)]) -> u32 {
    let value = |text: &str| match text.parse() {
        Ok(number) => AMQPValue::LongInt(number),
        Err(_) => AMQPValue::LongString(text.into()),
    };
    let mut table = FieldTable::default();
    for (name, text) in arguments {
        table.insert((*name).into(), value(text));
    }
    in_time(channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), table))
        .await
        .unwrap()
        .message_count()
}

async fn publish(channel: &Channel, queue: &str) {
    let persistent = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions::default();
    in_time(channel.basic_publish("".into(), queue.into(), options, b"message", persistent)).await.unwrap();
}

async fn consume(channel: &Channel, queue: &str, no_ack: bool, arguments: FieldTable) -> Consumer {
    let options = BasicConsumeOptions { no_ack, ..BasicConsumeOptions::default() };
    in_time(channel.basic_consume(queue.into(), "tag".into(), options, arguments)).await.unwrap()
}

async fn next(consumer: &mut Consumer) -> Delivery {
    in_time(consumer.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn deliveries_of_a_cancelled_consumer_do_not_count_for_its_successor() {
    let broker = Broker::start().await.unwrap();
    let (_connection, channel) = connect(&broker.uri()).await;
    declare(&channel, "q", &[]).await;
    in_time(channel.basic_qos(1, BasicQosOptions::default())).await.unwrap();
    let mut first = consume(&channel, "q", false, FieldTable::default()).await;
    publish(&channel, "q").await;
    let held = next(&mut first).await;
    in_time(channel.basic_cancel("tag".into(), BasicCancelOptions::default())).await.unwrap();

    let mut second = consume(&channel, "q", false, FieldTable::default()).await;
    in_time(held.acker.ack(BasicAckOptions::default())).await.unwrap();
    for _ in 0..3 {
        publish(&channel, "q").await;
        let delivery = next(&mut second).await;
        assert_eq!(broker.vhost("/").unwrap().queue("q").await.unwrap().unacked, 1);
        in_time(delivery.acker.ack(BasicAckOptions::default())).await.unwrap();
    }
}

#[tokio::test]
async fn the_lowest_possible_priority_comes_last() {
    let broker = Broker::start().await.unwrap();
    let (_one, low) = connect(&broker.uri()).await;
    let (_other, high) = connect(&broker.uri()).await;
    declare(&low, "q", &[]).await;
    let mut lowest = FieldTable::default();
    lowest.insert("x-priority".into(), AMQPValue::LongLongInt(i64::MIN));
    let _passed_over = consume(&low, "q", true, lowest).await;
    let mut preferred = consume(&high, "q", true, FieldTable::default()).await;
    publish(&low, "q").await;
    assert_eq!(next(&mut preferred).await.data, b"message");
}

#[tokio::test]
async fn dead_letters_in_a_cycle_do_not_block_other_clients() {
    let broker = Broker::start().await.unwrap();
    broker.add_vhost("other");
    let (_connection, channel) = connect(&broker.uri()).await;
    let to = |key| [("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", key)];
    declare(&channel, "start", &to("a")).await;
    for (queue, key) in [("a", "b"), ("b", "a")] {
        let [exchange, key] = to(key);
        declare(&channel, queue, &[exchange, key, ("x-message-ttl", "0")]).await;
    }
    publish(&channel, "start").await;
    let got = in_time(channel.basic_get("start".into(), BasicGetOptions::default())).await.unwrap().unwrap();
    // The rejection hides the cycle from the history of the message.
    in_time(got.delivery.acker.reject(BasicRejectOptions { requeue: false })).await.unwrap();

    let (_elsewhere, served) = connect(&broker.uri_of("other")).await;
    assert_eq!(declare(&served, "q", &[]).await, 0);
    assert_eq!(declare(&channel, "q", &[]).await, 0);
    let vhost = broker.vhost("/").unwrap();
    assert!(in_time(vhost.delete_queue("a")).await, "which ends the cycle, if it is still running");
    in_time(broker.shutdown()).await;
}

#[tokio::test]
async fn a_crash_delivers_nothing_to_connections_that_it_resets() {
    // The order of the connections is random, so there are several rounds.
    for _ in 0..8 {
        let broker = Broker::start().await.unwrap();
        let (_one, holding) = connect(&broker.uri()).await;
        declare(&holding, "q", &[]).await;
        let mut holder = consume(&holding, "q", false, FieldTable::default()).await;
        publish(&holding, "q").await;
        let _unacknowledged = next(&mut holder).await;
        let (_other, taking) = connect(&broker.uri()).await;
        let _taker = consume(&taking, "q", true, FieldTable::default()).await;

        broker.crash().await;
        broker.start_again().await.unwrap();
        assert_eq!(broker.vhost("/").unwrap().queue("q").await.unwrap().ready, 1);
    }
}

#[tokio::test]
async fn connections_that_are_closed_together_requeue_a_message_once() {
    let broker = Broker::start().await.unwrap();
    let vhost = broker.vhost("/").unwrap();
    let mut consumers = Vec::new();
    for _ in 0..5 {
        let (connection, channel) = connect(&broker.uri()).await;
        declare(&channel, "q", &[("x-queue-type", "quorum"), ("x-delivery-limit", "1")]).await;
        let consumer = consume(&channel, "q", false, FieldTable::default()).await;
        consumers.push((connection, channel, consumer));
    }
    publish(&consumers[0].1, "q").await;
    let _held = next(&mut consumers[0].2).await;
    assert_eq!(vhost.close_connections("maintenance").await, 5);
    assert_eq!(vhost.peek("q").await, [b"message"], "once is within the limit");
}

#[tokio::test]
async fn messages_of_a_removed_virtual_host_no_longer_count() {
    let broker = Broker::start().await.unwrap();
    broker.add_vhost("other");
    let (connection, channel) = connect(&broker.uri_of("other")).await;
    declare(&channel, "q", &[]).await;
    publish(&channel, "q").await;
    assert_eq!(declare(&channel, "q", &[]).await, 1);
    assert!(broker.message_bytes() > 0);
    broker.remove_vhost("other");
    let mut events = connection.events_listener();
    let closed = async { while connection.status().connected() && events.next().await.is_some() {} };
    in_time(closed).await;
    assert_eq!(broker.message_bytes(), 0);
}
