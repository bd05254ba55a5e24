//! Consumers and single messages: consume, cancel, qos, get.

use std::collections::BTreeSet;

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};

use crate::{
    connection::Outgoing,
    ids::{ChannelRef, QueueId},
    queue::{Consumer, Queue, consumer_arguments},
    refusal::{Code, Refusal},
    vhost::{
        Vhost, deliver::properties, direct_reply::pseudo_queue, names::server_named, permissions::Access,
        queues::count, session::Unacked,
    },
};

impl Vhost {
    pub(super) fn consume(&mut self, at: ChannelRef, consume: basic::Consume) -> Result<(), Refusal> {
        let queue = self.named_queue(at, &consume.queue)?;
        if self.open_channel_mut(at).consumers.contains_key(&consume.consumer_tag) {
            let text = format!("attempt to reuse consumer tag '{}'", consume.consumer_tag);
            return Err(Refusal::new(Code::NotAllowed, text));
        }
        let generated = consume.consumer_tag.as_str().is_empty();
        let tag = if generated { server_named("amq.ctag") } else { consume.consumer_tag.clone() };
        if let Some(prefix) = pseudo_queue(queue.as_str()) {
            return self.consume_replies(at, prefix, &consume, tag);
        }
        self.check_queue(at, Access::Read, queue.as_str())?;
        let id = self.existing_queue(&queue)?;
        self.check_exclusive_access(at, id)?;
        let kind = self.queues[&id].arguments.kind;
        let priority = consumer_arguments::parse(&consume.arguments, kind, queue.as_str(), &self.name)
            .map_err(|text| Refusal::new(Code::PreconditionFailed, text))?;
        self.check_shareable(id, consume.exclusive)?;
        let counts_deliveries = self.queues[&id].counts_deliveries();

        let channel = self.open_channel_mut(at);
        if counts_deliveries && channel.global_prefetch > 0 {
            let text = format!("{} does not support global qos", self.queue_resource(queue.as_str()));
            return Err(Refusal::new(Code::NotImplemented, text));
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

    /// An exclusive consumer wants the queue for itself, and the others out.
    fn check_shareable(&self, id: QueueId, exclusive: bool) -> Result<(), Refusal> {
        let Some(queue) = self.queues.get(&id) else { return Ok(()) };
        let consumers = &queue.consumers;
        let single = consumers.is_single_active();
        if (exclusive && (single || !consumers.is_empty())) || consumers.any_exclusive() {
            let text = format!("{} in exclusive use", self.queue_resource(queue.name.as_str()));
            return Err(Refusal::new(Code::AccessRefused, text));
        }
        Ok(())
    }

    /// What the consumer has not settled stays with the channel.
    pub(super) fn cancel(&mut self, at: ChannelRef, cancel: basic::Cancel) -> Result<(), Refusal> {
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

    pub(super) fn remove_consumer(&mut self, id: QueueId, at: ChannelRef, tag: &ShortString) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.consumers.remove(at, tag);
        if !self.delete_when_deserted(id) {
            self.deliver(id); // the next single active consumer takes over
        }
    }

    pub(super) fn qos(&mut self, at: ChannelRef, qos: &basic::Qos) -> Result<(), Refusal> {
        if qos.global && self.shared.settings.strict_4_3 {
            let text = "global qos is deprecated and not permitted";
            return Err(Refusal::new(Code::InternalError, text));
        }
        let channel = self.open_channel_mut(at);
        if qos.global {
            channel.global_prefetch = qos.prefetch_count;
        } else {
            // RabbitMQ lifts the channel's limit with it.
            channel.prefetch = qos.prefetch_count;
            channel.global_prefetch = 0;
        }
        let queues: BTreeSet<_> = channel.consumers.values().copied().collect();
        self.reply(at, AMQPClass::Basic(basic::AMQPMethod::QosOk(basic::QosOk {})));
        self.make_room(at, queues);
        Ok(())
    }

    pub(super) fn get(&mut self, at: ChannelRef, get: basic::Get) -> Result<(), Refusal> {
        let name = self.named_queue(at, &get.queue)?;
        self.check_queue(at, Access::Read, name.as_str())?;
        let id = self.existing_queue(&name)?;
        self.check_exclusive_access(at, id)?;
        self.mark_used(id);
        self.drop_expired(id);
        let Some(queue) = self.queues.get_mut(&id) else { return Ok(()) };
        if queue.consumers.is_single_active() && queue.counts_deliveries() {
            let text = format!(
                "cannot obtain access to locked {}. basic.get operations are not supported by quorum queues with single active consumer",
                self.queue_resource(name.as_str())
            );
            return Err(Refusal::new(Code::ResourceLocked, text));
        }
        let Some(queued) = queue.take() else {
            self.reply(at, AMQPClass::Basic(basic::AMQPMethod::GetEmpty(basic::GetEmpty {})));
            return Ok(());
        };
        let limited = queue.counts_deliveries();
        queue.unacked += usize::from(!get.no_ack);
        self.drop_expired(id); // the next head may have waited for that
        let left = self.queues.get(&id).map_or(0, Queue::ready);

        let Some(session) = self.sessions.get_mut(&at.connection) else { return Ok(()) };
        let Some(channel) = session.channels.get_mut(&at.channel) else { return Ok(()) };
        let tag = channel.next_delivery_tag();
        let ok = basic::GetOk {
            delivery_tag: tag,
            redelivered: queued.redelivered,
            exchange: queued.message.exchange.clone(),
            routing_key: queued.message.routing_key.clone(),
            message_count: count(left),
        };
        session.link.send(Outgoing::Content(
            at.channel,
            AMQPClass::Basic(basic::AMQPMethod::GetOk(ok)),
            properties(&queued, limited),
            queued.message.body.clone(),
        ));
        if get.no_ack {
            self.shared.memory.subtract(queued.message.size());
        } else {
            channel.unacked.push_back(Unacked { tag, queue: id, consumer: None, queued });
        }
        Ok(())
    }
}
