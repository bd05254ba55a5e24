//! Handles `basic.consume` and `basic.cancel`.

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};

use super::direct_reply::pseudo_queue;
use crate::{
    ids::{ChannelRef, QueueId},
    protocol::{ProtocolError, ReplyCode},
    queue::{Consumer, consumer_arguments},
    vhost::{VhostState, names::server_named, permissions::Access},
};

impl VhostState {
    pub(in crate::vhost) fn consume(
        &mut self,
        at: ChannelRef,
        consume: basic::Consume,
    ) -> Result<(), ProtocolError> {
        let queue = self.named_queue(at, &consume.queue)?;
        if self.open_channel_mut(at).consumers.contains_key(&consume.consumer_tag) {
            let text = format!("attempt to reuse consumer tag '{}'", consume.consumer_tag);
            return Err(ProtocolError::new(ReplyCode::NotAllowed, text));
        }
        let generated = consume.consumer_tag.as_str().is_empty();
        let tag = if generated { server_named("amq.ctag") } else { consume.consumer_tag.clone() };
        if let Some(prefix) = pseudo_queue(queue.as_str()) {
            if self.like().direct_replies_need_read() {
                self.check_queue(at, Access::Read, queue.as_str())?;
            }
            return self.consume_replies(at, prefix, &consume, tag);
        }
        self.check_queue(at, Access::Read, queue.as_str())?;
        let id = self.existing_queue(&queue)?;
        self.check_exclusive_access(at, id)?;
        let kind = self.queues[&id].arguments.kind;
        let priority = consumer_arguments::parse(&consume.arguments, kind, queue.as_str(), &self.name)
            .map_err(|text| ProtocolError::new(ReplyCode::PreconditionFailed, text))?;
        self.check_shareable(id, consume.exclusive)?;
        let counts_deliveries = self.queues[&id].counts_deliveries();

        let channel = self.open_channel_mut(at);
        if counts_deliveries && channel.global_prefetch > 0 {
            let text = format!("{} does not support global qos", self.queue_resource(queue.as_str()));
            return Err(ProtocolError::new(ReplyCode::NotImplemented, text));
        }
        channel.consumers.insert(tag.clone(), id);
        let prefetch = channel.prefetch;
        let consumer = Consumer::new(at, tag.clone(), consume.no_ack, consume.exclusive, priority, prefetch);
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.consumers.add(consumer);
            queue.had_consumers = true;
        }
        let ok = basic::AMQPMethod::ConsumeOk(basic::ConsumeOk { consumer_tag: tag });
        self.reply_unless(consume.nowait, at, AMQPClass::Basic(ok));
        self.deliver(id);
        Ok(())
    }

    /// Refuses a consumer that an exclusive one excludes.
    fn check_shareable(&self, id: QueueId, exclusive: bool) -> Result<(), ProtocolError> {
        let Some(queue) = self.queues.get(&id) else { return Ok(()) };
        let consumers = &queue.consumers;
        let single = consumers.is_single_active();
        if (exclusive && (single || !consumers.is_empty())) || consumers.any_exclusive() {
            let text = format!("{} in exclusive use", self.queue_resource(queue.name.as_str()));
            return Err(ProtocolError::new(ReplyCode::AccessRefused, text));
        }
        Ok(())
    }

    /// Cancels a consumer. Its unacknowledged deliveries stay with the channel.
    pub(in crate::vhost) fn cancel(
        &mut self,
        at: ChannelRef,
        cancel: basic::Cancel,
    ) -> Result<(), ProtocolError> {
        let basic::Cancel { consumer_tag: tag, nowait } = cancel;
        let ok = basic::AMQPMethod::CancelOk(basic::CancelOk { consumer_tag: tag.clone() });
        self.reply_unless(nowait, at, AMQPClass::Basic(ok));
        if self.cancel_replies(at, &tag) {
            return Ok(());
        }
        let Some(id) = self.open_channel_mut(at).consumers.remove(&tag) else { return Ok(()) };
        self.remove_consumer(id, at, &tag);
        Ok(())
    }

    pub(in crate::vhost) fn remove_consumer(&mut self, id: QueueId, at: ChannelRef, tag: &ShortString) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.consumers.remove(at, tag);
        if !self.handle_consumer_removed(id) {
            self.deliver(id); // the next single active consumer takes over
        }
    }
}
