//! Handles `queue.delete` and `queue.purge`, and deletes queues that are no longer used.

use std::collections::BTreeSet;

use amq_protocol::{
    protocol::{AMQPClass, basic, queue},
    types::ShortString,
};

use super::lookup::saturating_count;
use crate::{
    exchange::Destination,
    ids::{ChannelRef, QueueId},
    protocol::{ProtocolError, ReplyCode},
    queue::Queue,
    vhost::{VhostState, names::without_line_breaks, permissions::Access},
};

impl VhostState {
    pub(in crate::vhost) fn handle_queue_delete(
        &mut self,
        at: ChannelRef,
        delete: &queue::Delete,
    ) -> Result<(), ProtocolError> {
        let name = without_line_breaks(&self.named_queue(at, &delete.queue)?);
        self.check_queue(at, Access::Configure, name.as_str())?;
        let found = self.queue_names.get(&name).copied();
        if let Some(id) = found {
            self.check_exclusive_access(at, id)?;
            let queue = &self.queues[&id];
            let obstacle = if delete.if_empty && !queue.is_empty() {
                Some("not empty")
            } else if delete.if_unused && !queue.consumers.is_empty() {
                Some("in use")
            } else {
                None
            };
            if let Some(obstacle) = obstacle {
                let text = format!("{} {obstacle}", self.queue_resource(name.as_str()));
                return Err(ProtocolError::new(ReplyCode::PreconditionFailed, text));
            }
        }
        // As with RabbitMQ, deleting a queue that does not exist succeeds. The response precedes the
        // cancellation of the channel's own consumers.
        let messages = found.and_then(|id| self.queues.get(&id)).map_or(0, Queue::ready);
        let ok = queue::AMQPMethod::DeleteOk(queue::DeleteOk { message_count: saturating_count(messages) });
        self.reply_unless(delete.nowait, at, AMQPClass::Queue(ok));
        if let Some(id) = found {
            self.delete_queue(id);
        }
        Ok(())
    }

    pub(in crate::vhost) fn purge_queue(
        &mut self,
        at: ChannelRef,
        purge: &queue::Purge,
    ) -> Result<(), ProtocolError> {
        let name = self.named_queue(at, &purge.queue)?;
        self.check_queue(at, Access::Read, name.as_str())?;
        let id = self.existing_queue(&name)?;
        self.check_exclusive_access(at, id)?;
        let ok = queue::PurgeOk { message_count: saturating_count(self.purge(id)) };
        self.reply_unless(purge.nowait, at, AMQPClass::Queue(queue::AMQPMethod::PurgeOk(ok)));
        Ok(())
    }

    /// Purges a queue; returns how many messages were ready.
    pub(in crate::vhost) fn purge(&mut self, id: QueueId) -> usize {
        let Some(queue) = self.queues.get_mut(&id) else { return 0 };
        let messages = queue.purge();
        for queued in &messages {
            self.shared.memory.subtract(queued.message.size());
        }
        messages.len()
    }

    /// Deletes a queue with its messages and bindings, and cancels its consumers. Returns how many messages
    /// were ready.
    pub(crate) fn delete_queue(&mut self, id: QueueId) -> usize {
        let Some(mut queue) = self.queues.remove(&id) else { return 0 };
        if self.queue_names.get(&queue.name) == Some(&id) {
            self.queue_names.remove(&queue.name);
        }
        let messages = queue.purge();
        for queued in &messages {
            self.shared.memory.subtract(queued.message.size());
        }
        self.remove_destination(&Destination::Queue(queue.name.clone()));
        // The consumers of a channel are cancelled in the order of their tags, as with RabbitMQ.
        let consumers: BTreeSet<_> =
            queue.consumers.iter().map(|consumer| (consumer.at, consumer.tag.clone())).collect();
        for (at, tag) in &consumers {
            self.cancel_by_broker(*at, tag);
        }
        messages.len()
    }

    /// Cancels a consumer whose queue is gone. Sends `basic.cancel` if the client has that capability.
    pub(in crate::vhost) fn cancel_by_broker(&mut self, at: ChannelRef, tag: &ShortString) {
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        let Some(channel) = session.channels.get_mut(&at.channel) else { return };
        channel.consumers.remove(tag);
        if session.capabilities.consumer_cancel_notify {
            let cancel = basic::Cancel { consumer_tag: tag.clone(), nowait: true };
            self.reply(at, AMQPClass::Basic(basic::AMQPMethod::Cancel(cancel)));
        }
    }

    /// Handles the removal of a consumer: restarts `x-expires`, and deletes an auto-delete queue without
    /// consumers. Returns whether the queue is gone.
    pub(in crate::vhost) fn handle_consumer_removed(&mut self, id: QueueId) -> bool {
        let Some(queue) = self.queues.get(&id) else { return true };
        if !queue.consumers.is_empty() {
            return false;
        }
        if queue.auto_delete && queue.had_consumers {
            self.delete_queue(id);
            return true;
        }
        self.mark_used(id);
        self.drop_expired(id);
        false
    }

    /// Deletes all queues of a virtual host that ends, so that their messages no longer count.
    pub(in crate::vhost) fn delete_all_queues(&mut self) {
        for id in self.queues.keys().copied().collect::<Vec<_>>() {
            self.delete_queue(id);
        }
    }
}
