//! Publishes without confirms: each message is queued whole on the first poll, in the order of the calls.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt;
use lapin::{Channel, options::BasicPublishOptions};

use super::{
    AddressedMessage, PublishError,
    backlog::{Backlog, BacklogState, Capacity, Watermark},
};
use crate::{convert, error::BrokerError, message::Properties, transport::cutoff::ConnectionGuard};

/// Publishes on one channel.
///
/// The channel never enters confirm mode. Then lapin queues all frames of a message under one lock on the
/// first poll of `basic_publish`, and the rest of the future only waits until the bytes were written.
pub struct Publisher {
    channel: Channel,
    max_header_bytes: usize,
    backlog: Backlog,
    _guard: Arc<ConnectionGuard>,
}

impl Publisher {
    pub(crate) fn new(channel: Channel, frame_max: u32, connection_guard: Arc<ConnectionGuard>) -> Self {
        Self {
            channel,
            max_header_bytes: convert::max_header_bytes(frame_max),
            backlog: Backlog::default(),
            _guard: connection_guard,
        }
    }

    /// Queues a mandatory message: the broker returns it when it reaches no queue.
    ///
    /// # Errors
    /// When it was not queued.
    pub fn queue_mandatory(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: Properties,
        body: &Bytes,
    ) -> Result<(), PublishError> {
        let exchange = convert::short_string("exchange", exchange)?;
        let routing_key = convert::short_string("routing key", routing_key)?;
        let properties = convert::to_lapin(properties, self.max_header_bytes)?;
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        match self.backlog.reserve(body.len()) {
            Capacity::Full => Err(PublishError::Congested),
            Capacity::Reserved => {
                match self
                    .channel
                    .basic_publish(exchange, routing_key, options, body, properties)
                    .now_or_never()
                {
                    Some(Err(error)) => Err(PublishError::Disconnected(error.into())),
                    Some(Ok(_)) | None => Ok(()),
                }
            }
            Capacity::ReservedToWatch => {
                let (channel, body) = (self.channel.clone(), body.clone());
                let mut publish: Watermark = Box::pin(async move {
                    channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
                    Ok(())
                });
                match (&mut publish).now_or_never() {
                    Some(Err(error)) => return Err(PublishError::Disconnected(error)),
                    Some(Ok(())) => self.backlog.clear(),
                    None => self.backlog.watch(publish),
                }
                Ok(())
            }
        }
    }

    /// Returns whether queued messages wait to be written, and whether more may be queued.
    pub fn backlog_state(&self) -> BacklogState {
        self.backlog.state()
    }

    /// Converts a message to `queue`, to be published by [`write`](Self::write).
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn address(
        &self,
        queue: String,
        properties: Properties,
        body: Bytes,
    ) -> Result<AddressedMessage, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AddressedMessage::new(queue, properties, self.max_header_bytes, body)?)
    }

    /// Writes a message.
    ///
    /// The first poll queues it. The future resolves when its bytes, and those of all messages queued before
    /// it, were passed to the operating system.
    ///
    /// # Errors
    /// When the channel is closed, or the connection was lost.
    pub async fn write(&self, message: AddressedMessage) -> Result<(), BrokerError> {
        let AddressedMessage { queue, properties, body } = message;
        self.channel
            .basic_publish("".into(), queue, BasicPublishOptions::default(), &body, properties)
            .await?;
        Ok(())
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("channel", &self.channel.id()).finish_non_exhaustive()
    }
}
