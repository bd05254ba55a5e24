//! The channel that carries messages: publishing, consuming, settling.

use std::{future::Future, sync::Arc};

use futures_util::FutureExt;

use crate::{
    consume::Consumer,
    error::BrokerError,
    publish::Publisher,
    transport::{cutoff::ConnectionGuard, guard::Findings},
};

/// A channel that carries messages. Clones share it; the broker closes it when anything on it goes wrong.
#[derive(Clone)]
pub struct DataChannel {
    pub(super) channel: lapin::Channel,
    pub(super) frame_max: u32,
    pub(super) connection_guard: Arc<ConnectionGuard>,
    pub(super) findings: Arc<Findings>,
}

impl DataChannel {
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.channel.clone(), self.frame_max, Arc::clone(&self.connection_guard))
    }

    /// Consumes `queue`, at most `prefetch` deliveries unacknowledged at a time.
    pub async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, BrokerError> {
        self.channel.basic_qos(prefetch, lapin::options::BasicQosOptions { global: false }).await?;
        self.start_consumer(queue, lapin::options::BasicConsumeOptions::default()).await
    }

    /// Consumes `queue` without acknowledgements, as its only consumer: for replies.
    pub async fn consume_replies(&self, queue: &str) -> Result<Consumer, BrokerError> {
        let options =
            lapin::options::BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        self.start_consumer(queue, options).await
    }

    /// Consumes the pseudo-queue of direct reply-to. Must precede the first publish on this channel.
    pub async fn consume_direct_replies(&self, address: &str) -> Result<Consumer, BrokerError> {
        let options = lapin::options::BasicConsumeOptions { no_ack: true, ..Default::default() };
        self.start_consumer(address, options).await
    }

    async fn start_consumer(
        &self,
        queue: &str,
        options: lapin::options::BasicConsumeOptions,
    ) -> Result<Consumer, BrokerError> {
        let (connection_guard, findings) = (Arc::clone(&self.connection_guard), Arc::clone(&self.findings));
        Consumer::start(&self.channel, queue, options, connection_guard, findings).await
    }

    /// Stops the delivery of new messages; those on the way still arrive, then the consumer ends.
    pub async fn cancel(&self, consumer_tag: &str) -> Result<(), BrokerError> {
        Ok(self.channel.basic_cancel(consumer_tag.into(), Default::default()).await?)
    }

    /// Acknowledges one delivery, or with `multiple` all up to it.
    pub fn ack(&self, tag: u64, multiple: bool) -> Result<(), BrokerError> {
        queued(self.channel.basic_ack(tag, lapin::options::BasicAckOptions { multiple }))
    }

    /// Resolves once the broker has handled everything that was queued on this channel before.
    pub async fn round_trip(&self) -> Result<(), BrokerError> {
        // The one question that changes nothing: the broker may go on sending.
        self.channel.channel_flow(lapin::options::ChannelFlowOptions { active: true }).await?;
        Ok(())
    }

    /// Refuses one delivery as failed: it goes to the dead letters, or is dropped where there are none.
    pub fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        queued(self.channel.basic_reject(tag, lapin::options::BasicRejectOptions { requeue: false }))
    }

    /// Gives one delivery back unharmed: `nack`, because RabbitMQ 4.3 does not count it as a failure.
    pub fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        queued(
            self.channel.basic_nack(tag, lapin::options::BasicNackOptions { multiple: false, requeue: true }),
        )
    }
}

/// Settling is queued on the first poll; the rest of the future only waits for the write. What is queued later, the close
/// included, is written later.
fn queued(settling: impl Future<Output = lapin::Result<()>>) -> Result<(), BrokerError> {
    match settling.now_or_never() {
        Some(Err(error)) => Err(error.into()),
        Some(Ok(())) | None => Ok(()),
    }
}
