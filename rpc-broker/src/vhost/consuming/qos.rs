//! Handles `basic.qos`, and resumes consumers when their prefetch count allows more deliveries.

use std::collections::BTreeSet;

use amq_protocol::protocol::{AMQPClass, basic};

use crate::{
    ids::{ChannelRef, QueueId},
    protocol::{ProtocolError, ReplyCode},
    queue::Consumer,
    vhost::VhostState,
};

impl VhostState {
    pub(in crate::vhost) fn qos(&mut self, at: ChannelRef, qos: &basic::Qos) -> Result<(), ProtocolError> {
        if qos.global && !self.like().has_global_qos() {
            let text = "global qos is deprecated and not permitted";
            return Err(ProtocolError::new(ReplyCode::InternalError, text));
        }
        let channel = self.open_channel_mut(at);
        if qos.global {
            channel.global_prefetch = qos.prefetch_count;
        } else {
            // RabbitMQ removes the limit of the channel at the same time.
            channel.prefetch = qos.prefetch_count;
            channel.global_prefetch = 0;
        }
        let queues: BTreeSet<_> = channel.consumers.values().copied().collect();
        self.reply(at, AMQPClass::Basic(basic::AMQPMethod::QosOk(basic::QosOk {})));
        self.resume_consumers(at, queues);
        Ok(())
    }

    /// Gives a turn to the channel's consumers of a queue that have capacity again. Delivers nothing yet.
    pub(super) fn unpark_within_window(&mut self, at: ChannelRef, queue: QueueId) {
        let has_room = |consumer: &Consumer| consumer.prefetch > 0 && consumer.has_capacity();
        if let Some(queue) = self.queues.get_mut(&queue) {
            queue.consumers.unpark(|consumer| consumer.at == at && has_room(consumer));
        }
    }

    /// Resumes consumers after deliveries were settled. With a prefetch count for the whole channel, all its
    /// consumers.
    pub(in crate::vhost) fn resume_consumers(&mut self, at: ChannelRef, mut queues: BTreeSet<QueueId>) {
        if let Some(channel) = self.channel(at)
            && channel.global_prefetch > 0
        {
            queues.extend(channel.consumers.values().copied());
        }
        for id in queues {
            let Some(queue) = self.queues.get_mut(&id) else { continue };
            if queue.consumers.unpark(|consumer| consumer.at == at && consumer.has_capacity()) {
                self.deliver(id);
            }
        }
    }
}
