//! The channel that carries messages: publishes, consumes, acknowledges.

use std::{fmt, future::Future, sync::Arc};

use futures_util::{FutureExt, future::try_join};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, BasicRejectOptions,
    ChannelFlowOptions,
};

use crate::{
    consume::Consumer,
    error::BrokerError,
    publish::Publisher,
    transport::{cutoff::ConnectionGuard, guard::Findings},
};

/// A channel that carries messages. Clones share it. The broker closes it at the first error on it.
#[derive(Clone)]
pub struct DataChannel {
    pub(super) channel: lapin::Channel,
    pub(super) frame_max: u32,
    pub(super) connection_guard: Arc<ConnectionGuard>,
    pub(super) findings: Arc<Findings>,
}

impl DataChannel {
    /// A publisher without confirms on this channel.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.channel.clone(), self.frame_max, Arc::clone(&self.connection_guard))
    }

    /// Consumes `queue`, with at most `prefetch` unacknowledged deliveries at a time. It is sent on the first
    /// poll.
    ///
    /// # Errors
    /// When the broker refuses it, or the channel or the connection was lost.
    pub async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, BrokerError> {
        let prefetch = async {
            let qos = self.channel.basic_qos(prefetch, BasicQosOptions { global: false });
            qos.await.map_err(BrokerError::from)
        };
        let consuming = self.start_consumer(queue, BasicConsumeOptions::default());
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
        self.start_consumer(queue, options).await
    }

    /// Consumes the pseudo-queue of direct reply-to. Must precede the first publish on this channel.
    ///
    /// # Errors
    /// When the broker refuses it, or the channel or the connection was lost.
    pub async fn consume_direct_replies(&self, address: &str) -> Result<Consumer, BrokerError> {
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        self.start_consumer(address, options).await
    }

    async fn start_consumer(
        &self,
        queue: &str,
        options: BasicConsumeOptions,
    ) -> Result<Consumer, BrokerError> {
        let (connection_guard, findings) = (Arc::clone(&self.connection_guard), Arc::clone(&self.findings));
        Consumer::start(&self.channel, queue, options, connection_guard, findings).await
    }

    /// Cancels a consumer. Deliveries that are already on the way still arrive, then it ends.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub async fn cancel(&self, consumer_tag: &str) -> Result<(), BrokerError> {
        Ok(self.channel.basic_cancel(consumer_tag.into(), Default::default()).await?)
    }

    /// Acknowledges a delivery, and with `multiple` all earlier ones on this channel.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn ack(&self, tag: u64, multiple: bool) -> Result<(), BrokerError> {
        enqueue(self.channel.basic_ack(tag, BasicAckOptions { multiple }))
    }

    /// Waits until the broker has processed everything that was queued on this channel before.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub async fn round_trip(&self) -> Result<(), BrokerError> {
        // The only method with a reply that changes nothing: deliveries continue.
        self.channel.channel_flow(ChannelFlowOptions { active: true }).await?;
        Ok(())
    }

    /// Rejects a delivery as failed. The broker dead-letters it, or discards it where no dead letter exchange
    /// is set.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        enqueue(self.channel.basic_reject(tag, BasicRejectOptions { requeue: false }))
    }

    /// Requeues a delivery. It uses `basic.nack`, which RabbitMQ 4.3 does not count as a failed delivery.
    ///
    /// # Errors
    /// When the channel or the connection was lost.
    pub fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        enqueue(self.channel.basic_nack(tag, BasicNackOptions { multiple: false, requeue: true }))
    }
}

/// Queues an acknowledgement, which happens on the first poll. The rest of the future only waits until it is
/// written. Everything that is queued later, also a close, is written later.
fn enqueue(acknowledgement: impl Future<Output = lapin::Result<()>>) -> Result<(), BrokerError> {
    match acknowledgement.now_or_never() {
        Some(Err(error)) => Err(error.into()),
        Some(Ok(())) | None => Ok(()),
    }
}

impl fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataChannel").field("channel", &self.channel.id()).finish_non_exhaustive()
    }
}
