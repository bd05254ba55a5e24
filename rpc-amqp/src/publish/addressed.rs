//! A message to one queue, converted and ready to publish.

use std::fmt;

use bytes::Bytes;
use lapin::{BasicProperties, types::ShortString};

use crate::{
    convert::{self, EncodeError},
    message::Properties,
};

/// A message that is published to one queue through the default exchange.
///
/// All its names and properties are valid in AMQP.
#[derive(Clone)]
pub struct AddressedMessage {
    pub(crate) queue: ShortString,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Bytes,
}

impl AddressedMessage {
    /// Converts a message without headers. It may be published on any connection.
    ///
    /// # Errors
    /// When AMQP cannot carry it.
    pub fn without_headers(
        queue: String,
        properties: Properties,
        body: Bytes,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self::new(queue, properties, 0, body)?)
    }

    pub(super) fn new(
        queue: String,
        properties: Properties,
        max_header_bytes: usize,
        body: Bytes,
    ) -> Result<Self, EncodeError> {
        let queue = convert::short_string("reply address", queue)?;
        Ok(Self { queue, properties: convert::to_lapin(properties, max_header_bytes)?, body })
    }
}

// Headers and body may hold secrets.
impl fmt::Debug for AddressedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressedMessage")
            .field("queue", &self.queue.as_str())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
