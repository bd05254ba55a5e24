//! The channel that carries messages: publishes, consumes, acknowledges.

use futures_util::future::try_join;
use lapin::options::{BasicConsumeOptions, BasicQosOptions, ChannelFlowOptions};

use crate::{
    consume::Consumer,
    encode::{write_ack, write_nack, write_reject},
    error::BrokerError,
    message_channel::MessageChannel,
    publish::Publisher,
};

/// A channel that carries messages. Clones share it. The broker closes it at the first error on it.
#[derive(Clone, Debug)]
pub struct DataChannel(pub(super) MessageChannel);

impl DataChannel {
    /// A publisher without confirms on this channel.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.0.clone())
    }

    /// Consumes `queue`, with at most `prefetch` unacknowledged deliveries at a time. It is sent on the first
    /// poll.
    ///
    /// # Errors
    /// When the broker refuses it, or the channel or the connection was lost.
    pub async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, BrokerError> {
        let prefetch = async {
            let qos = self.0.lapin().basic_qos(prefetch, BasicQosOptions { global: false });
            qos.await.map_err(BrokerError::from)
        };
        let consuming = Consumer::start(&self.0, queue, BasicConsumeOptions::default());
        // Both are sent on the first poll, in this order: the prefetch holds for consumers that come after it.
        let ((), consumer) = try_join(prefetch, consuming).await?;
        Ok(consumer)
    }

    /// Consumes a reply queue: without acknowledgements, as its only consumer.
    ///
    /// # Errors
    /// When the broker refuses it, or the channel or the connection was lost.
    pub async fn consume_replies(&self, queue: &str) -> Result<Consumer, BrokerError> {
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        Consumer::start(&self.0, queue, options).await
    }

    /// Consumes the pseudo-queue of direct reply-to. Must precede the first publish on this channel.
    ///
    /// # Errors
    /// When the broker refuses it, or the channel or the connection was lost.
    pub async fn consume_direct_replies(&self, address: &str) -> Result<Consumer, BrokerError> {
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        Consumer::start_direct(&self.0, address, options).await
    }

    /// Cancels a consumer. Deliveries that are already on the way still arrive, then it ends.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub async fn cancel(&self, consumer_tag: &str) -> Result<(), BrokerError> {
        Ok(self.0.lapin().basic_cancel(consumer_tag.into(), Default::default()).await?)
    }

    /// Acknowledges a delivery with the next write: after all replies that are queued by then, and together with the
    /// deliveries that it follows.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn ack(&self, tag: u64) -> Result<(), BrokerError> {
        let channel = &self.0.channel;
        let acked = channel.outbound().ack(channel.id(), tag);
        acked.map_err(|refused| self.0.error_of(refused))
    }

    /// Acknowledges a delivery before everything that is queued later.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn ack_now(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, |out, channel| write_ack(out, channel, tag, false))
    }

    /// Waits until the broker has processed everything that was queued on this channel before.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub async fn round_trip(&self) -> Result<(), BrokerError> {
        // The only method with a reply that changes nothing: deliveries continue.
        self.0.lapin().channel_flow(ChannelFlowOptions { active: true }).await?;
        Ok(())
    }

    /// Rejects a delivery as failed. The broker dead-letters it, or discards it where no dead letter exchange
    /// is set.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, |out, channel| write_reject(out, channel, tag, false))
    }

    /// Requeues a delivery. It uses `basic.nack`, which RabbitMQ 4.3 does not count as a failed delivery.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        self.settle(tag, |out, channel| write_nack(out, channel, tag, true))
    }

    /// Queues a frame that settles a delivery. It reaches the broker before everything that is queued later, and
    /// after the replies that were queued before.
    fn settle(&self, tag: u64, write: impl FnOnce(&mut Vec<u8>, u16)) -> Result<(), BrokerError> {
        let channel = &self.0.channel;
        let queued = channel.outbound().settle(channel.id(), tag, |out| write(out, channel.id()));
        queued.map_err(|refused| self.0.error_of(refused))
    }
}
