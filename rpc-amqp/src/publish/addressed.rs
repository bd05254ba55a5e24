//! A message to one queue, encoded and ready to publish.

use std::fmt;

use bytes::Bytes;
use smol_str::SmolStr;

use crate::{
    encode::{self, EncodeError, Message, PropertySource},
    message::Properties,
};

/// A message that is published to one queue through the default exchange.
///
/// All its names and properties are valid in AMQP.
#[derive(Clone)]
pub struct AddressedMessage {
    queue: SmolStr,
    properties: Vec<u8>,
    body: Bytes,
}

impl AddressedMessage {
    /// Encodes a message without headers. It may be published on any connection.
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn without_headers(
        queue: SmolStr,
        properties: &Properties,
        body: Bytes,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(queue, properties, 0, body)?)
    }

    pub(super) fn new(
        queue: SmolStr,
        properties: &Properties,
        max_header_bytes: usize,
        body: Bytes,
    ) -> Result<Self, EncodeError> {
        encode::check_short("reply address", &queue)?;
        let mut encoded = Vec::with_capacity(128);
        encode::write_properties(&mut encoded, properties, max_header_bytes)?;
        Ok(Self { queue, properties: encoded, body })
    }

    pub(crate) fn message(&self) -> Message<'_> {
        Message {
            exchange: "",
            routing_key: &self.queue,
            mandatory: false,
            properties: PropertySource::Encoded(&self.properties),
            body: &self.body,
        }
    }
}

// Headers and body may hold secrets.
impl fmt::Debug for AddressedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressedMessage")
            .field("queue", &self.queue)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
