//! Consumes a queue, and yields its deliveries as plain data.

use std::fmt;

use lapin::options::BasicConsumeOptions;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    convert,
    error::BrokerError,
    message::Delivered,
    message_channel::MessageChannel,
    transport::channels::{Channel, Received},
};

/// The deliveries of one queue.
pub struct Consumer {
    deliveries: mpsc::UnboundedReceiver<Received>,
    tag: String,
    channel: MessageChannel,
    /// Cancels the consumer when it is dropped; taken then. Deliveries do not reach it.
    canceller: Option<lapin::Consumer>,
}

impl Consumer {
    /// Starts a consumer of a queue.
    pub(crate) async fn start(
        channel: &MessageChannel,
        queue: &str,
        options: BasicConsumeOptions,
    ) -> Result<Self, BrokerError> {
        Self::start_as(channel.channel.next_consumer_tag(), channel, queue, options).await
    }

    /// Starts a consumer of direct replies. Its tag is random: on LavinMQ a guessable tag would let other clients
    /// receive them.
    pub(crate) async fn start_direct(
        channel: &MessageChannel,
        address: &str,
        options: BasicConsumeOptions,
    ) -> Result<Self, BrokerError> {
        Self::start_as(format!("amqp-rpc.{}", Uuid::new_v4()), channel, address, options).await
    }

    async fn start_as(
        tag: String,
        channel: &MessageChannel,
        queue: &str,
        options: BasicConsumeOptions,
    ) -> Result<Self, BrokerError> {
        let queue = convert::short_string("queue", queue)?;
        let deliveries = channel.channel.add_consumer(&tag);
        let registered = Registered { channel: &channel.channel, tag: &tag };
        let lapin_tag = convert::short_string("consumer tag", tag.as_str())?;
        let canceller = channel.lapin().basic_consume(queue, lapin_tag, options, Default::default()).await?;
        registered.keep();
        Ok(Self { deliveries, tag, channel: channel.clone(), canceller: Some(canceller) })
    }

    /// The consumer tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns whether the consumer was cancelled, or its channel lost. Deliveries of before may still be there.
    pub fn has_ended(&self) -> bool {
        self.deliveries.is_closed()
    }

    /// Waits for the next delivery. Returns `None` when the consumer was cancelled, by this side or by the
    /// broker. Dropping the future loses no delivery.
    ///
    /// # Errors
    /// When the channel or the connection was lost. No further delivery follows.
    pub async fn next(&mut self) -> Option<Result<Box<Delivered>, BrokerError>> {
        self.deliveries.recv().await
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if let Some(canceller) = self.canceller.take() {
            self.channel.channel.release(Box::new(canceller));
        }
    }
}

/// Forgets a consumer that the broker refused, or that was given up, unless it is kept.
struct Registered<'a> {
    channel: &'a Channel,
    tag: &'a str,
}

impl Registered<'_> {
    fn keep(mut self) {
        self.tag = "";
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        if !self.tag.is_empty() {
            self.channel.end_consumer(self.tag.as_bytes());
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("channel", &self.channel)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}
