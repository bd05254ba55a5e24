//! A broker with clients on it, and words for what tests do with them.

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

/// Far longer than anything takes that does come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must come.
#[track_caller]
pub(crate) fn soon<F: IntoFuture>(fact: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    let fact = fact.into_future();
    async move { timeout(PATIENCE, fact).await.unwrap_or_else(|_| panic!("what {caller} waits for did not come")) }
}

pub(crate) struct Stage {
    pub(crate) broker: Broker,
    pub(crate) vhost: Vhost,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let broker = Broker::start().await.unwrap();
        let vhost = broker.vhost("/").unwrap();
        Self { broker, vhost }
    }

    pub(crate) async fn try_connect(&self, name: &str) -> lapin::Result<Connection> {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        soon(Connection::connect(&self.broker.uri(), properties)).await
    }

    pub(crate) async fn connect(&self, name: &str) -> Connection {
        self.try_connect(name).await.unwrap()
    }

    /// A connection of this name with one channel. The connection lives as long as what is returned.
    pub(crate) async fn client(&self, name: &str) -> Client {
        let connection = self.connect(name).await;
        let channel = soon(connection.create_channel()).await.unwrap();
        Client { connection, channel }
    }

    pub(crate) async fn ready(&self, queue: &str) -> usize {
        self.vhost.queue(queue).await.expect("the queue is there").ready
    }

    pub(crate) async fn unacked(&self, queue: &str) -> usize {
        self.vhost.queue(queue).await.expect("the queue is there").unacked
    }
}

pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) channel: Channel,
}

impl Client {
    /// One more channel of the same connection.
    pub(crate) async fn another_channel(&self) -> Channel {
        soon(self.connection.create_channel()).await.unwrap()
    }

    pub(crate) async fn declare(&self, queue: &str) {
        declare(&self.channel, queue).await.unwrap();
    }

    /// Publishes, if the connection is still there.
    pub(crate) async fn publish(&self, queue: &str, body: &str) {
        let _ = try_publish(&self.channel, queue, body).await;
    }

    /// Publishes, and waits until the broker has taken it: a request behind it was answered.
    pub(crate) async fn publish_all(&self, queue: &str, bodies: &[&str]) {
        for body in bodies {
            self.publish(queue, body).await;
        }
        self.declare(queue).await;
    }

    /// Returns when the broker has handled what was sent before.
    pub(crate) async fn sync(&self) {
        soon(self.channel.basic_qos(0, BasicQosOptions::default())).await.unwrap();
    }

    pub(crate) async fn select_confirms(&self) {
        soon(self.channel.confirm_select(ConfirmSelectOptions::default())).await.unwrap();
    }

    pub(crate) async fn consume(&self, queue: &str) -> Consumer {
        consume(&self.channel, queue).await
    }
}

pub(crate) async fn declare(channel: &Channel, queue: &str) -> lapin::Result<lapin::Queue> {
    let (options, arguments) = (QueueDeclareOptions::default(), FieldTable::default());
    soon(channel.queue_declare(queue.into(), options, arguments)).await
}

/// Publishes; what is returned tells what the broker says to it.
pub(crate) async fn publish(channel: &Channel, queue: &str, body: &str) -> PublisherConfirm {
    try_publish(channel, queue, body).await.unwrap()
}

async fn try_publish(channel: &Channel, queue: &str, body: &str) -> lapin::Result<PublisherConfirm> {
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    soon(channel.basic_publish("".into(), queue.into(), options, body.as_bytes(), properties)).await
}

pub(crate) async fn consume(channel: &Channel, queue: &str) -> Consumer {
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    soon(channel.basic_consume(queue.into(), "".into(), options, arguments)).await.unwrap()
}

pub(crate) async fn next(consumer: &mut Consumer) -> Delivery {
    soon(consumer.next()).await.expect("the consumer goes on").expect("the channel goes on")
}

/// The bodies of the next deliveries, which are acknowledged.
pub(crate) async fn bodies(consumer: &mut Consumer, number: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    for _ in 0..number {
        let delivery = next(consumer).await;
        delivery.ack(BasicAckOptions::default()).await.unwrap();
        bodies.push(String::from_utf8(delivery.data).unwrap());
    }
    bodies
}
