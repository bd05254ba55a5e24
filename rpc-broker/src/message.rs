//! A message as the broker keeps it: what was published, unchanged.

use amq_protocol::types::ShortString;
use bytes::Bytes;

use crate::properties::Properties;

/// Cloning is cheap: properties and body are shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) exchange: ShortString,
    pub(crate) routing_key: ShortString,
    pub(crate) properties: Properties,
    pub(crate) body: Bytes,
}

impl Message {
    /// What it counts for in limits and alarms: properties and body.
    pub(crate) fn size(&self) -> usize {
        self.properties.as_bytes().len() + self.body.len()
    }
}
