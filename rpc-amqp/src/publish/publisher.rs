//! Publishes without confirms: each message is queued whole, in the order of the calls.

use bytes::Bytes;
use smol_str::SmolStr;

use super::{AddressedMessage, PublishError};
use crate::{
    encode::{BodySource, Message, PropertySource, max_header_bytes},
    error::BrokerError,
    message::Properties,
    message_channel::MessageChannel,
};

/// The maximum of unwritten bytes on a stalled connection; a single message may be larger.
pub(super) const MAX_UNWRITTEN: usize = 64 * 1024 * 1024;

/// Publishes on one channel.
#[derive(Debug)]
pub struct Publisher {
    pub(super) channel: MessageChannel,
}

/// The state of a connection's unwritten messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacklogState {
    /// Whether a message is not written yet, or may not be sent. The state should be read again later.
    pub has_unwritten: bool,
    /// Whether messages of ordinary size may be queued.
    pub has_capacity: bool,
}

impl Publisher {
    pub(crate) fn new(channel: MessageChannel) -> Self {
        Self { channel }
    }

    /// Queues a mandatory message: the broker returns it when it reaches no queue.
    ///
    /// # Errors
    /// When it was not queued.
    pub fn queue_mandatory(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: &Properties,
        body: &Bytes,
    ) -> Result<(), PublishError> {
        let properties = PropertySource::Plain(properties);
        let message =
            Message { exchange, routing_key, mandatory: true, properties, body: BodySource::Shared(body) };
        let channel = &self.channel.channel;
        let queued = channel.outbound().publish(channel.id(), &message, Some(MAX_UNWRITTEN));
        queued.map_err(|refused| PublishError::new(refused, &self.channel))
    }

    /// Returns whether queued messages wait to be written, and whether more may be queued.
    pub fn backlog_state(&self) -> BacklogState {
        let channel = &self.channel.channel;
        let (unwritten, is_held_back) =
            (channel.outbound().unwritten(), channel.outbound().is_held_back(channel.id()));
        BacklogState {
            has_unwritten: unwritten > 0 || is_held_back,
            has_capacity: unwritten <= MAX_UNWRITTEN / 2 && !is_held_back,
        }
    }

    /// Encodes a message to an exchange, to be published by [`queue`](Self::queue).
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn address(
        &self,
        exchange: SmolStr,
        routing_key: SmolStr,
        properties: &Properties,
        body: Bytes,
    ) -> Result<AddressedMessage, Box<dyn std::error::Error + Send + Sync>> {
        let frame_max = usize::try_from(self.channel.channel.outbound().frame_max()).unwrap_or(usize::MAX);
        Ok(AddressedMessage::new(exchange, routing_key, properties, max_header_bytes(frame_max), body)?)
    }

    /// Encodes a message and queues it, as [`queue`](Self::queue) does. To the default exchange, which is empty, the
    /// routing key is the name of a queue.
    ///
    /// # Errors
    /// When it was not queued; never because too much waits.
    pub fn queue_to(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: &Properties,
        body: &Bytes,
    ) -> Result<(), PublishError> {
        let properties = PropertySource::Plain(properties);
        let body = BodySource::Shared(body);
        let message = Message { exchange, routing_key, mandatory: false, properties, body };
        let channel = &self.channel.channel;
        let queued = channel.outbound().publish(channel.id(), &message, None);
        queued.map_err(|refused| PublishError::new(refused, &self.channel))
    }

    /// Queues a message. What is queued on the same channel later reaches the broker later. There is no bound:
    /// the replies of a server are bounded by the requests that it has.
    ///
    /// # Errors
    /// When the channel is closed, or the connection was lost.
    pub fn queue(&self, message: &AddressedMessage) -> Result<(), BrokerError> {
        let channel = &self.channel.channel;
        let queued = channel.outbound().publish(channel.id(), &message.message(), None);
        queued.map_err(|refused| self.channel.error_of(refused))
    }
}
