//! Publishing without confirms: queued whole on the first poll, in the order of the calls.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use lapin::{BasicProperties, Channel, options::BasicPublishOptions, types::ShortString};

use super::backlog::{Backlog, BacklogState, Room, Watermark};
use crate::{convert, error::BrokerError, message::Properties, transport::cutoff::ConnectionGuard};

/// Publishes on one channel.
///
/// The channel never enters confirm mode: then lapin queues all frames of a message under one lock on the
/// first poll of `basic_publish`, and what the rest of the future waits for is only that the bytes were
/// written.
pub struct Publisher {
    channel: Channel,
    max_header_bytes: usize,
    backlog: Backlog,
    _guard: Arc<ConnectionGuard>,
}

/// Why a message was not queued.
#[derive(Debug)]
pub enum Unpublishable {
    /// It never can be.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
    /// Not on this channel.
    Lost(BrokerError),
    /// Not now: too much waits to be written.
    Congested,
}

/// A message to one queue, which AMQP can carry.
#[derive(Clone)]
pub struct Addressed {
    pub(crate) queue: ShortString,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Bytes,
}

impl Addressed {
    /// A message to `queue` that has no headers, for any connection.
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn without_headers(
        queue: String,
        properties: Properties,
        body: Bytes,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let queue = convert::short_string("reply address", queue)?;
        Ok(Self { queue, properties: convert::to_lapin(properties, 0)?, body })
    }
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

    /// Queues a message that the broker must return when no queue takes it.
    pub fn queue_mandatory(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: Properties,
        body: &Bytes,
    ) -> Result<(), Unpublishable> {
        let unwritable = |error: convert::EncodeError| Unpublishable::Unwritable(error.into());
        let exchange = convert::short_string("exchange", exchange).map_err(unwritable)?;
        let routing_key = convert::short_string("routing key", routing_key).map_err(unwritable)?;
        let properties = convert::to_lapin(properties, self.max_header_bytes).map_err(unwritable)?;
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        match self.backlog.make_room(body.len()) {
            Room::Full => Err(Unpublishable::Congested),
            Room::Unwatched => {
                match self
                    .channel
                    .basic_publish(exchange, routing_key, options, body, properties)
                    .now_or_never()
                {
                    Some(Err(error)) => Err(Unpublishable::Lost(error.into())),
                    Some(Ok(_)) | None => Ok(()),
                }
            }
            Room::Watched => {
                let (channel, body) = (self.channel.clone(), body.clone());
                let mut publish: Watermark = Box::pin(async move {
                    channel.basic_publish(exchange, routing_key, options, &body, properties).await?;
                    Ok(())
                });
                match (&mut publish).now_or_never() {
                    Some(Err(error)) => return Err(Unpublishable::Lost(error)),
                    Some(Ok(())) => self.backlog.clear(),
                    None => self.backlog.watch(publish),
                }
                Ok(())
            }
        }
    }

    /// Whether requests are still being written, and whether more may be queued.
    pub fn ask_backlog(&self) -> BacklogState {
        self.backlog.ask()
    }

    /// A message to `queue` through the default exchange, ready to be written.
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn address(
        &self,
        queue: String,
        properties: Properties,
        body: Bytes,
    ) -> Result<Addressed, Box<dyn std::error::Error + Send + Sync>> {
        let queue = convert::short_string("reply address", queue)?;
        Ok(Addressed { queue, properties: convert::to_lapin(properties, self.max_header_bytes)?, body })
    }

    /// Writes a message.
    ///
    /// The first poll queues it; the future resolves when its bytes, and those of everything queued before
    /// it, were handed to the operating system.
    pub async fn write(&self, message: Addressed) -> Result<(), BrokerError> {
        let Addressed { queue, properties, body } = message;
        self.channel
            .basic_publish("".into(), queue, BasicPublishOptions::default(), &body, properties)
            .await?;
        Ok(())
    }
}
