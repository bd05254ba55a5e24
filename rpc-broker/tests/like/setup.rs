//! Brokers, connections and what their clients do in most tests.

use std::{future::IntoFuture, time::Duration};

use amqp_rpc_broker::{Broker, Like, Permissions};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, ErrorKind,
    options::{
        BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use tokio::time::timeout;

/// All likenesses.
pub(crate) const ALL: [Like; 3] = [Like::RabbitMq3_10, Like::RabbitMq4_3, Like::LavinMq];

/// Waits for an expected event.
pub(crate) async fn in_time<F: IntoFuture>(fact: F) -> F::Output {
    timeout(Duration::from_secs(20), fact).await.expect("it happens in time")
}

pub(crate) async fn start(like: Like) -> Broker {
    Broker::builder().like(like).start().await.unwrap()
}

pub(crate) async fn connect(uri: &str) -> lapin::Result<Connection> {
    in_time(Connection::connect(uri, ConnectionProperties::default())).await
}

/// A channel of a connection that stays open as long as the channel.
pub(crate) async fn channel(broker: &Broker) -> Channel {
    connect(&broker.uri()).await.unwrap().create_channel().await.unwrap()
}

/// Connects as a user with these permissions: configure, write, read.
pub(crate) async fn allow(broker: &Broker, user: &str, [configure, write, read]: [&str; 3]) -> Connection {
    broker.add_user(user, "secret");
    broker.set_permissions(user, "/", Permissions::new(configure, write, read).unwrap());
    connect(&broker.uri_as(user, "secret", "/")).await.unwrap()
}

pub(crate) fn passive() -> QueueDeclareOptions {
    QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() }
}

pub(crate) fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

pub(crate) fn table(entries: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert((*name).into(), value.clone());
    }
    table
}

pub(crate) async fn declare(
    channel: &Channel,
    queue: &str,
    options: QueueDeclareOptions,
) -> lapin::Result<lapin::Queue> {
    in_time(channel.queue_declare(queue.into(), options, FieldTable::default())).await
}

/// Declares a durable queue with arguments.
pub(crate) async fn declare_with(
    channel: &Channel,
    queue: &str,
    arguments: &[(&str, AMQPValue)],
) -> lapin::Result<lapin::Queue> {
    in_time(channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), table(arguments))).await
}

/// The number of messages that are ready.
pub(crate) async fn ready(broker: &Broker, queue: &str) -> usize {
    broker.vhost("/").unwrap().queue(queue).await.unwrap().ready
}

pub(crate) async fn publish(channel: &Channel, queue: &str, body: &[u8]) {
    publish_with(channel, queue, BasicProperties::default(), body).await;
}

/// Publishes a mandatory message. Returns the confirm, on a channel with confirms.
pub(crate) async fn publish_with(
    channel: &Channel,
    queue: &str,
    properties: BasicProperties,
    body: &[u8],
) -> Confirmation {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let confirm = in_time(channel.basic_publish("".into(), queue.into(), options, body, properties)).await;
    in_time(confirm.unwrap()).await.unwrap()
}

pub(crate) fn expiring(milliseconds: &str) -> BasicProperties {
    BasicProperties::default().with_expiration(milliseconds.into())
}

/// Gets a message: its body and whether it is marked as redelivered. It stays unacknowledged.
pub(crate) async fn get(channel: &Channel, queue: &str) -> Option<(Vec<u8>, bool)> {
    let got = in_time(channel.basic_get(queue.into(), BasicGetOptions::default())).await.unwrap()?;
    Some((got.delivery.data, got.delivery.redelivered))
}

pub(crate) async fn consume(channel: &Channel, queue: &str, prefetch: u16) -> Consumer {
    in_time(channel.basic_qos(prefetch, BasicQosOptions::default())).await.unwrap();
    let options = BasicConsumeOptions::default();
    in_time(channel.basic_consume(queue.into(), "".into(), options, FieldTable::default())).await.unwrap()
}

/// Returns the reply code of an error.
pub(crate) fn code<T: std::fmt::Debug>(outcome: lapin::Result<T>) -> u16 {
    refused(outcome).0
}

/// Returns the reply code and text of an error.
pub(crate) fn refused<T: std::fmt::Debug>(outcome: lapin::Result<T>) -> (u16, String) {
    match outcome.unwrap_err().kind() {
        ErrorKind::ProtocolError(error) => (error.get_id(), error.get_message().to_string()),
        other => panic!("{other:?}"),
    }
}
