//! A hand-written AMQP peer: sends what our client never sends, and answers as a foreign server would.
#![allow(clippy::disallowed_types, reason = "this is the hand-written AMQP that the tests compare with")]

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
        BasicRejectOptions, ConfirmSelectOptions, QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};
use tokio::sync::Mutex;

use super::wait::within;

/// One connection with one confirmed channel. What the broker refuses is a panic here, unless a method says
/// otherwise.
#[derive(Debug)]
pub(crate) struct RawPeer {
    connection: Connection,
    // One publish at a time: lapin may attribute confirms and returns wrongly when several overlap.
    channel: Mutex<Channel>,
}

/// A message that arrived, with its properties as they were on the wire.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) redelivered: bool,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Vec<u8>,
    delivery: Delivery,
}

/// Messages of one queue, in the order of delivery.
#[derive(Debug)]
pub(crate) struct Inbox {
    queue: String,
    consumer: Consumer,
}

impl RawPeer {
    pub(crate) async fn connect(uri: &str) -> Self {
        let connecting = Connection::connect(uri, ConnectionProperties::default());
        let connection =
            within("the raw peer's connection", connecting).await.expect("the raw peer connects");
        let channel = open_channel(&connection).await;
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("the broker confirms");
        Self { connection, channel: Mutex::new(channel) }
    }

    /// Publishes and waits for the publisher confirm. The broker drops a message that no queue takes.
    pub(crate) async fn publish(&self, exchange: &str, key: &str, properties: BasicProperties, body: &[u8]) {
        self.publish_with(BasicPublishOptions::default(), exchange, key, properties, body).await;
    }

    /// Publishes and returns whether a queue took the message.
    pub(crate) async fn publish_mandatory(
        &self,
        exchange: &str,
        key: &str,
        properties: BasicProperties,
        body: &[u8],
    ) -> bool {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        self.publish_with(options, exchange, key, properties, body).await
    }

    async fn publish_with(
        &self,
        options: BasicPublishOptions,
        exchange: &str,
        key: &str,
        properties: BasicProperties,
        body: &[u8],
    ) -> bool {
        let channel = self.channel.lock().await;
        let confirmed = async {
            channel.basic_publish(exchange.into(), key.into(), options, body, properties).await?.await
        };
        let confirmation = within("the broker's confirm", confirmed).await.expect("the publish is accepted");
        assert!(confirmation.is_ack(), "the broker refused the message: {confirmation:?}");
        confirmation.take_message().is_none()
    }

    /// Declares a queue and returns its name, which the broker chooses when `queue` is empty.
    pub(crate) async fn declare_queue(
        &self,
        queue: &str,
        options: QueueDeclareOptions,
        arguments: FieldTable,
    ) -> String {
        let channel = self.channel.lock().await;
        let declared =
            within("the declaration of a queue", channel.queue_declare(queue.into(), options, arguments));
        declared
            .await
            .unwrap_or_else(|error| panic!("queue `{queue}` is not declared: {error}"))
            .name()
            .to_string()
    }

    /// Opens an exclusive reply queue named by the broker; its [`Inbox::queue`] is the `reply_to` of
    /// requests.
    pub(crate) async fn open_reply_queue(&self) -> Inbox {
        let exclusive =
            QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        let queue = self.declare_queue("", exclusive, FieldTable::default()).await;
        let consumer = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        self.open_inbox(queue, 0, consumer).await
    }

    /// Consumes a queue as a server does: at most `prefetch` messages unsettled, each settled by
    /// [`Message::ack`].
    pub(crate) async fn consume(&self, queue: &str, prefetch: u16) -> Inbox {
        self.open_inbox(queue.to_owned(), prefetch, BasicConsumeOptions::default()).await
    }

    async fn open_inbox(&self, queue: String, prefetch: u16, options: BasicConsumeOptions) -> Inbox {
        let channel = self.open_channel().await;
        let consumer = async {
            channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
            channel.basic_consume(queue.as_str().into(), "".into(), options, FieldTable::default()).await
        };
        let consumer = within("a consumer to be live", consumer).await;
        let consumer = consumer.unwrap_or_else(|error| panic!("queue `{queue}` cannot be consumed: {error}"));
        Inbox { queue, consumer }
    }

    /// Takes one message out of a queue, or `None` when none waits there.
    pub(crate) async fn get(&self, queue: &str) -> Option<Message> {
        let options = BasicGetOptions { no_ack: true };
        let channel = self.channel.lock().await;
        let got = within("an answer to basic.get", channel.basic_get(queue.into(), options)).await;
        let got = got.unwrap_or_else(|error| panic!("queue `{queue}` cannot be read: {error}"))?;
        Some(Message::from(got.delivery))
    }

    /// Opens another channel, for operations without a method here, and for those that may close the channel.
    pub(crate) async fn open_channel(&self) -> Channel {
        open_channel(&self.connection).await
    }

    pub(crate) async fn close(self) {
        let closed = within("the raw peer to close", self.connection.close(200, "done".into())).await;
        closed.expect("the raw peer closes");
    }
}

async fn open_channel(connection: &Connection) -> Channel {
    within("a channel", connection.create_channel()).await.expect("a channel opens")
}

impl Inbox {
    /// The name of the queue.
    pub(crate) fn queue(&self) -> &str {
        &self.queue
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Message {
        let next = within(&format!("a message in {}", self.queue), self.consumer.next()).await;
        let delivery = next.unwrap_or_else(|| panic!("the consumer of {} was cancelled", self.queue));
        Message::from(
            delivery.unwrap_or_else(|error| panic!("the consumer of {} ended: {error}", self.queue)),
        )
    }

    /// Waits until the consumer has ended: cancelled by the broker, or lost with its channel or connection.
    pub(crate) async fn until_broken(&mut self) {
        while let Some(Ok(_)) = self.consumer.next().await {}
    }

    /// The next `count` messages.
    pub(crate) async fn collect(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::with_capacity(count);
        while messages.len() < count {
            messages.push(self.next().await);
        }
        messages
    }
}

impl Message {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in `{}`", self.text()))
    }

    /// The property `type`.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.properties.kind().as_ref().map(ShortString::as_str)
    }

    pub(crate) fn correlation_id(&self) -> Option<&str> {
        self.properties.correlation_id().as_ref().map(ShortString::as_str)
    }

    pub(crate) fn reply_to(&self) -> Option<&str> {
        self.properties.reply_to().as_ref().map(ShortString::as_str)
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.properties.content_type().as_ref().map(ShortString::as_str)
    }

    /// A header whose value is text.
    pub(crate) fn text_header(&self, name: &str) -> Option<String> {
        let value = self.properties.headers().as_ref()?.inner().get(name)?.as_long_string()?;
        Some(value.to_string())
    }

    /// Rejects a message of [`RawPeer::consume`], without requeueing it.
    pub(crate) async fn reject(self) {
        let options = BasicRejectOptions { requeue: false };
        self.delivery.acker.reject(options).await.expect("the message is settled once");
    }

    /// Settles a message of [`RawPeer::consume`].
    pub(crate) async fn ack(self) {
        self.delivery.acker.ack(BasicAckOptions::default()).await.expect("the message is settled once");
    }
}

impl From<Delivery> for Message {
    fn from(mut delivery: Delivery) -> Self {
        Self {
            exchange: delivery.exchange.to_string(),
            routing_key: delivery.routing_key.to_string(),
            redelivered: delivery.redelivered,
            properties: std::mem::take(&mut delivery.properties),
            body: std::mem::take(&mut delivery.data),
            delivery,
        }
    }
}
