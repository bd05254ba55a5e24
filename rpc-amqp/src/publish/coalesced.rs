//! Publishes messages that may share a message with others.

use bytes::Bytes;

use super::{PublishError, Publisher, publisher::MAX_UNWRITTEN};
use crate::{
    message::Properties,
    transport::outbound::{Part, Sharing, announce},
};

impl Publisher {
    /// Queues a mandatory message, which may share one with others to the same address that are queued before the
    /// next write. `shares_with` gets the number of the first of them before anything can be written; it is not
    /// called for a message that shares none.
    ///
    /// # Errors
    /// When it was not queued.
    pub fn queue_mandatory_part(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: &Properties,
        body: &Bytes,
        sharing: Sharing,
        shares_with: impl FnOnce(u64),
    ) -> Result<(), PublishError> {
        let part = Part { exchange, routing_key, mandatory: true, properties, body, sharing };
        if !part.may_share() {
            return self.queue_mandatory(exchange, routing_key, properties, body);
        }
        self.queue_part(&part, Some(MAX_UNWRITTEN), shares_with)
    }

    /// Queues a message to `queue`, which may share one with others that are queued before the next write. What settles
    /// deliveries, and is queued on the same connection later, reaches the broker later.
    ///
    /// # Errors
    /// When it was not queued; never because too much waits.
    pub fn queue_part_to(
        &self,
        queue: &str,
        properties: &Properties,
        body: &Bytes,
        sharing: Sharing,
    ) -> Result<(), PublishError> {
        let part = Part { exchange: "", routing_key: queue, mandatory: false, properties, body, sharing };
        if part.may_share() {
            return self.queue_part(&part, None, |_| ());
        }
        let Some(calls) = sharing.calls_per_message else {
            return self.queue_to("", queue, properties, body);
        };
        let mut properties = properties.clone();
        announce(&mut properties, calls);
        self.queue_to("", queue, &properties, body)
    }

    fn queue_part(
        &self,
        part: &Part<'_>,
        max_unwritten: Option<usize>,
        shares_with: impl FnOnce(u64),
    ) -> Result<(), PublishError> {
        let channel = &self.channel.channel;
        let queued = channel.outbound().publish_part(channel.id(), part, max_unwritten, shares_with);
        queued.map_err(|refused| PublishError::new(refused, &self.channel))
    }
}
