//! Handles `basic.get`.

use amq_protocol::protocol::{AMQPClass, basic};

use super::deliver::delivered_properties;
use crate::{
    ids::{ChannelRef, QueueId},
    protocol::{Outgoing, OutgoingContent, ProtocolError, ReplyCode},
    queue::{Queue, Queued},
    vhost::{VhostState, permissions::Access, queues::saturating_count, state::Delivered},
};

impl VhostState {
    pub(in crate::vhost) fn get(&mut self, at: ChannelRef, get: basic::Get) -> Result<(), ProtocolError> {
        let name = self.named_queue(at, &get.queue)?;
        self.check_queue(at, Access::Read, name.as_str())?;
        let id = self.existing_queue(&name)?;
        self.check_exclusive_access(at, id)?;
        self.mark_used(id);
        self.drop_expired_head(id);
        let Some(queue) = self.queues.get_mut(&id) else { return Ok(()) };
        if queue.consumers.is_single_active() && queue.counts_deliveries() {
            let text = format!(
                "cannot obtain access to locked {}. basic.get operations are not supported by quorum queues with single active consumer",
                self.queue_resource(name.as_str())
            );
            return Err(ProtocolError::new(ReplyCode::ResourceLocked, text));
        }
        let Some(queued) = queue.take() else {
            self.reply(at, AMQPClass::Basic(basic::AMQPMethod::GetEmpty(basic::GetEmpty {})));
            return Ok(());
        };
        queue.unacked += usize::from(!get.no_ack);
        self.drop_expired(id); // the next head may have expired while it waited behind this message
        self.send_get_ok(at, id, queued, get.no_ack);
        Ok(())
    }

    fn send_get_ok(&mut self, at: ChannelRef, id: QueueId, queued: Queued, no_ack: bool) {
        let queue = self.queues.get(&id);
        let counts_deliveries = queue.is_some_and(Queue::counts_deliveries);
        let left = queue.map_or(0, Queue::ready);
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        let Some(channel) = session.channels.get_mut(&at.channel) else { return };
        let tag = channel.next_delivery_tag();
        let ok = basic::GetOk {
            delivery_tag: tag,
            redelivered: queued.redelivered,
            exchange: queued.message.exchange.clone(),
            routing_key: queued.message.routing_key.clone(),
            message_count: saturating_count(left),
        };
        session.outgoing.send(Outgoing::Content(OutgoingContent {
            channel: at.channel,
            method: AMQPClass::Basic(basic::AMQPMethod::GetOk(ok)),
            properties: delivered_properties(&queued, counts_deliveries),
            body: queued.message.body.clone(),
            queue: queue.map(|queue| queue.name.clone()),
        }));
        if no_ack {
            self.shared.memory.subtract(queued.message.size());
        } else {
            channel.unacked.push_back(Delivered { tag, queue: id, consumer: None, queued });
        }
    }
}
