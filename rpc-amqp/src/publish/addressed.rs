//! A message to one address, encoded and ready to publish.

use std::fmt;

use bytes::Bytes;
use smol_str::SmolStr;

use crate::{
    encode::{self, BodySource, EncodeError, Message, PropertySource, max_header_bytes},
    message::Properties,
};

/// The smallest frame size that a broker may ask for.
const MIN_FRAME_MAX: usize = 4096;

/// A message that is published to one routing key: through the default exchange a queue.
///
/// All its names and properties are valid in AMQP.
#[derive(Clone)]
pub struct AddressedMessage {
    exchange: SmolStr,
    queue: SmolStr,
    properties: Vec<u8>,
    body: Bytes,
}

impl AddressedMessage {
    /// Encodes a message to `queue`. It may be published on any connection: its headers fit into the smallest frame that
    /// AMQP knows, of 4096 bytes.
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn for_any_connection(
        queue: SmolStr,
        properties: &Properties,
        body: Bytes,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(SmolStr::default(), queue, properties, max_header_bytes(MIN_FRAME_MAX), body)?)
    }

    pub(super) fn new(
        exchange: SmolStr,
        queue: SmolStr,
        properties: &Properties,
        max_header_bytes: usize,
        body: Bytes,
    ) -> Result<Self, EncodeError> {
        encode::check_short("reply exchange", &exchange)?;
        encode::check_short("reply address", &queue)?;
        let mut encoded = Vec::with_capacity(128);
        encode::write_properties(&mut encoded, properties, max_header_bytes)?;
        Ok(Self { exchange, queue, properties: encoded, body })
    }

    pub(crate) fn message(&self) -> Message<'_> {
        Message {
            exchange: &self.exchange,
            routing_key: &self.queue,
            mandatory: false,
            properties: PropertySource::Encoded(&self.properties),
            body: BodySource::Shared(&self.body),
        }
    }
}

// Headers and body may hold secrets.
impl fmt::Debug for AddressedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressedMessage")
            .field("exchange", &self.exchange)
            .field("queue", &self.queue)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
