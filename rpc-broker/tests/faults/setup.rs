//! A broker and its clients, and the steps that tests share.

use std::{future::IntoFuture, time::Duration};

use amqp_rpc_broker::{Broker, Vhost};
use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer, PublisherConfirm,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
        QueueDeclareOptions,
    },
    types::FieldTable,
};
use tokio::time::timeout;

/// Far longer than any expected event takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// Waits for an expected event; panics when it does not happen within [`TIMEOUT`].
#[track_caller]
pub(crate) fn in_time<F: IntoFuture>(fact: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    let fact = fact.into_future();
    async move {
        timeout(TIMEOUT, fact)
            .await
            .unwrap_or_else(|_| panic!("what {caller} waits for did not happen in time"))
    }
}

pub(crate) struct TestBroker {
    pub(crate) broker: Broker,
    pub(crate) vhost: Vhost,
}

impl TestBroker {
    pub(crate) async fn new() -> Self {
        let broker = Broker::start().await.unwrap();
        let vhost = broker.vhost("/").unwrap();
        Self { broker, vhost }
    }

    pub(crate) async fn try_connect(&self, name: &str) -> lapin::Result<Connection> {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        in_time(Connection::connect(&self.broker.uri(), properties)).await
    }

    pub(crate) async fn connect(&self, name: &str) -> Connection {
        self.try_connect(name).await.unwrap()
    }

    /// Opens a connection of this name with one channel. The connection lives as long as the returned client.
    pub(crate) async fn client(&self, name: &str) -> Client {
        let connection = self.connect(name).await;
        let channel = in_time(connection.create_channel()).await.unwrap();
        Client { connection, channel }
    }

    pub(crate) async fn ready(&self, queue: &str) -> usize {
        self.vhost.queue(queue).await.expect("the queue exists").ready
    }

    pub(crate) async fn unacked(&self, queue: &str) -> usize {
        self.vhost.queue(queue).await.expect("the queue exists").unacked
    }
}

pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) channel: Channel,
}

impl Client {
    /// Opens another channel of the same connection.
    pub(crate) async fn another_channel(&self) -> Channel {
        in_time(self.connection.create_channel()).await.unwrap()
    }

    pub(crate) async fn declare(&self, queue: &str) {
        declare(&self.channel, queue).await.unwrap();
    }

    /// Publishes, if the connection is still open.
    pub(crate) async fn publish(&self, queue: &str, body: &str) {
        let _ = try_publish(&self.channel, queue, body).await;
    }

    /// Publishes, and waits until the broker has handled it: a later request was confirmed.
    pub(crate) async fn publish_all(&self, queue: &str, bodies: &[&str]) {
        for body in bodies {
            self.publish(queue, body).await;
        }
        self.declare(queue).await;
    }

    /// Waits until the broker has handled what was sent before.
    pub(crate) async fn sync(&self) {
        in_time(self.channel.basic_qos(0, BasicQosOptions::default())).await.unwrap();
    }

    pub(crate) async fn select_confirms(&self) {
        in_time(self.channel.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
    }

    pub(crate) async fn consume(&self, queue: &str) -> Consumer {
        consume(&self.channel, queue).await
    }
}

pub(crate) async fn declare(channel: &Channel, queue: &str) -> lapin::Result<lapin::Queue> {
    let (options, arguments) = (QueueDeclareOptions::default(), FieldTable::default());
    in_time(channel.queue_declare(queue.into(), options, arguments)).await
}

/// Publishes; the returned future resolves to the publisher confirm.
pub(crate) async fn publish(channel: &Channel, queue: &str, body: &str) -> PublisherConfirm {
    try_publish(channel, queue, body).await.unwrap()
}

async fn try_publish(channel: &Channel, queue: &str, body: &str) -> lapin::Result<PublisherConfirm> {
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    in_time(channel.basic_publish("".into(), queue.into(), options, body.as_bytes(), properties)).await
}

pub(crate) async fn consume(channel: &Channel, queue: &str) -> Consumer {
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    in_time(channel.basic_consume(queue.into(), "".into(), options, arguments)).await.unwrap()
}

pub(crate) async fn next(consumer: &mut Consumer) -> Delivery {
    in_time(consumer.next()).await.expect("the consumer is open").expect("the channel is open")
}

/// Acknowledges the next deliveries; returns their bodies.
pub(crate) async fn bodies(consumer: &mut Consumer, number: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..number {
        let delivery = next(consumer).await;
        delivery.ack(BasicAckOptions::default()).await.unwrap();
        bodies.push(String::from_utf8(delivery.data).unwrap());
    }
    bodies
}
