//! A message as it was published.

use amq_protocol::types::ShortString;
use bytes::Bytes;

use crate::properties::Properties;

/// A message. Cloning is cheap: properties and body are shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) exchange: ShortString,
    pub(crate) routing_key: ShortString,
    pub(crate) properties: Properties,
    pub(crate) body: Bytes,
}

impl Message {
    /// The bytes that count for the memory alarm: properties and body.
    pub(crate) fn size(&self) -> usize {
        self.properties.as_bytes().len() + self.body.len()
    }
}
