//! Finds queues by name, and checks the access to exclusive ones.

use amq_protocol::types::ShortString;

use crate::{
    ids::{ChannelRef, QueueId},
    protocol::{ProtocolError, ReplyCode},
    vhost::VhostState,
};

impl VhostState {
    pub(crate) fn queue_id(&self, name: &str) -> Option<QueueId> {
        self.queue_names.get(name).copied()
    }

    /// Returns the queue that a request names. An empty name means the queue that the channel declared last.
    pub(in crate::vhost) fn named_queue(
        &mut self,
        at: ChannelRef,
        name: &ShortString,
    ) -> Result<ShortString, ProtocolError> {
        if !name.as_str().is_empty() {
            return Ok(name.clone());
        }
        let last = self.open_channel_mut(at).last_queue.clone();
        last.ok_or_else(|| ProtocolError::new(ReplyCode::NotFound, "no previously declared queue"))
    }

    /// Finds a queue.
    ///
    /// # Errors
    ///
    /// 404 when there is none.
    pub(in crate::vhost) fn existing_queue(&self, name: &ShortString) -> Result<QueueId, ProtocolError> {
        self.queue_names.get(name).copied().ok_or_else(|| self.no_queue(name))
    }

    /// Refuses the exclusive queues of other connections.
    pub(in crate::vhost) fn check_exclusive_access(
        &self,
        at: ChannelRef,
        id: QueueId,
    ) -> Result<(), ProtocolError> {
        let Some(queue) = self.queues.get(&id) else { return Ok(()) };
        if queue.exclusive.is_some_and(|owner| owner != at.connection) {
            return Err(self.locked(&queue.name));
        }
        Ok(())
    }

    pub(super) fn no_queue(&self, name: &ShortString) -> ProtocolError {
        ProtocolError::new(ReplyCode::NotFound, format!("no {}", self.queue_resource(name.as_str())))
    }

    pub(super) fn locked(&self, name: &ShortString) -> ProtocolError {
        let resource = self.queue_resource(name.as_str());
        let text = format!(
            "cannot obtain exclusive access to locked {resource}. It could be originally declared on another \
             connection or the exclusive property value does not match that of the original declaration."
        );
        ProtocolError::new(ReplyCode::ResourceLocked, text)
    }
}

/// Converts a count to AMQP's 32 bits.
pub(in crate::vhost) fn saturating_count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}
