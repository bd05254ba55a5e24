//! Declaring, deleting and purging queues.

use amq_protocol::{
    protocol::{AMQPClass, queue},
    types::ShortString,
};

use crate::{
    ids::{ChannelRef, QueueId},
    queue::{
        Queue, QueueArguments,
        arguments::{QueueFacts, check_server_named, inequivalence},
    },
    refusal::{Code, Refusal},
    vhost::{
        Vhost,
        names::{server_named, without_line_breaks},
        permissions::Access,
    },
};

impl Vhost {
    pub(super) fn declare_queue(&mut self, at: ChannelRef, declare: queue::Declare) -> Result<(), Refusal> {
        let asked = without_line_breaks(&declare.queue);
        if Self::is_reply_address(asked.as_str()) {
            return self.declare_reply_address(at, &asked, declare.nowait);
        }
        let nowait = declare.nowait;
        let id = if declare.passive {
            let id = self.existing_queue(&asked)?;
            self.check_exclusive_access(at, id)?;
            id
        } else {
            self.declare_actively_queue(at, declare, asked)?
        };
        self.mark_used(id);
        let Some(queue) = self.queues.get(&id) else { return Ok(()) };
        let ok = queue::DeclareOk {
            queue: queue.name.clone(),
            message_count: count(queue.ready()),
            consumer_count: count(queue.consumers.len()),
        };
        self.open_channel_mut(at).last_queue = Some(ok.queue.clone());
        self.reply_unless(nowait, at, AMQPClass::Queue(queue::AMQPMethod::DeclareOk(ok)));
        Ok(())
    }

    /// A way to ask whether the requester still waits: its address counts as a queue with one consumer. So does the pseudo queue,
    /// always.
    fn declare_reply_address(
        &mut self,
        at: ChannelRef,
        name: &ShortString,
        nowait: bool,
    ) -> Result<(), Refusal> {
        if !self.is_answered(name.as_str()) {
            return Err(self.no_queue(name));
        }
        self.open_channel_mut(at).last_queue = Some(name.clone());
        let ok = queue::DeclareOk { queue: name.clone(), message_count: 0, consumer_count: 1 };
        self.reply_unless(nowait, at, AMQPClass::Queue(queue::AMQPMethod::DeclareOk(ok)));
        Ok(())
    }

    fn declare_actively_queue(
        &mut self,
        at: ChannelRef,
        declare: queue::Declare,
        asked: ShortString,
    ) -> Result<QueueId, Refusal> {
        let refuse = |text: String| Refusal::new(Code::PreconditionFailed, text);
        let name = if asked.as_str().is_empty() {
            check_server_named(&declare.arguments).map_err(refuse)?;
            server_named("amq.gen")
        } else if asked.as_str().starts_with("amq.") {
            let text = format!("queue name '{asked}' contains reserved prefix 'amq.*'");
            return Err(Refusal::new(Code::AccessRefused, text));
        } else {
            asked
        };
        self.check_queue(at, Access::Configure, name.as_str())?;
        let facts = QueueFacts {
            // An exclusive queue ends with its connection, so it is not kept, whatever was asked.
            durable: declare.durable && !declare.exclusive,
            exclusive: declare.exclusive,
            auto_delete: declare.auto_delete,
            arguments: declare.arguments,
        };
        if let Some(existing) = self.queue_names.get(&name).and_then(|id| self.queues.get(id)) {
            let owner = declare.exclusive.then_some(at.connection);
            if existing.exclusive != owner {
                return Err(self.locked(&name));
            }
            let present = QueueFacts {
                durable: existing.durable,
                exclusive: existing.exclusive.is_some(),
                auto_delete: existing.auto_delete,
                arguments: existing.declared.clone(),
            };
            return match inequivalence(&present, &facts, &self.name, name.as_str()) {
                Some(text) => Err(refuse(text)),
                None => Ok(existing.id),
            };
        }
        let strict = self.shared.settings.strict_4_3;
        if strict && !facts.durable && !facts.exclusive {
            let text = "transient non-exclusive queues are deprecated and not permitted";
            return Err(Refusal::new(Code::InternalError, text));
        }
        let mut arguments = QueueArguments::parse(&facts, name.as_str(), &self.name).map_err(refuse)?;
        if strict && arguments.is_quorum() {
            arguments.delivery_limit.get_or_insert(20);
        }
        if let Some(exchange) = arguments.dead_letter_exchange.clone() {
            self.check_queue(at, Access::Read, name.as_str())?;
            self.check_exchange(at, Access::Write, exchange.as_str())?;
        }
        self.last_queue += 1;
        let id = QueueId(self.last_queue);
        let mut queue = Queue::new(id, name.clone(), facts.arguments, arguments);
        queue.durable = facts.durable;
        queue.auto_delete = facts.auto_delete;
        queue.exclusive = facts.exclusive.then_some(at.connection);
        self.queues.insert(id, queue);
        self.queue_names.insert(name, id);
        Ok(id)
    }

    pub(super) fn delete_queue_by(&mut self, at: ChannelRef, delete: &queue::Delete) -> Result<(), Refusal> {
        let name = without_line_breaks(&self.named_queue(at, &delete.queue)?);
        self.check_queue(at, Access::Configure, name.as_str())?;
        let found = self.queue_names.get(&name).copied();
        if let Some(id) = found {
            self.check_exclusive_access(at, id)?;
            let queue = &self.queues[&id];
            let refusal = if delete.if_empty && !queue.is_empty() {
                Some("not empty")
            } else if delete.if_unused && !queue.consumers.is_empty() {
                Some("in use")
            } else {
                None
            };
            if let Some(refusal) = refusal {
                let text = format!("{} {refusal}", self.queue_resource(name.as_str()));
                return Err(Refusal::new(Code::PreconditionFailed, text));
            }
        }
        // As with RabbitMQ, deleting what does not exist is fine. The answer comes before the channel's own consumers are cancelled.
        let messages = found.and_then(|id| self.queues.get(&id)).map_or(0, Queue::ready);
        let ok = queue::AMQPMethod::DeleteOk(queue::DeleteOk { message_count: count(messages) });
        self.reply_unless(delete.nowait, at, AMQPClass::Queue(ok));
        if let Some(id) = found {
            self.delete_queue(id);
        }
        Ok(())
    }

    pub(super) fn purge_queue(&mut self, at: ChannelRef, purge: &queue::Purge) -> Result<(), Refusal> {
        let name = self.named_queue(at, &purge.queue)?;
        self.check_queue(at, Access::Read, name.as_str())?;
        let id = self.existing_queue(&name)?;
        self.check_exclusive_access(at, id)?;
        let ok = queue::PurgeOk { message_count: count(self.purge(id)) };
        self.reply_unless(purge.nowait, at, AMQPClass::Queue(queue::AMQPMethod::PurgeOk(ok)));
        Ok(())
    }

    /// Empties a queue and returns how many messages were in it.
    pub(super) fn purge(&mut self, id: QueueId) -> usize {
        let Some(queue) = self.queues.get_mut(&id) else { return 0 };
        let messages = queue.purge();
        for queued in &messages {
            self.shared.memory.subtract(queued.message.size());
        }
        messages.len()
    }

    /// The queue that a request names; an empty name means the one declared last on the channel.
    pub(super) fn named_queue(&mut self, at: ChannelRef, name: &ShortString) -> Result<ShortString, Refusal> {
        if !name.as_str().is_empty() {
            return Ok(name.clone());
        }
        let last = self.open_channel_mut(at).last_queue.clone();
        last.ok_or_else(|| Refusal::new(Code::NotFound, "no previously declared queue"))
    }

    /// A queue that must be there.
    pub(super) fn existing_queue(&self, name: &ShortString) -> Result<QueueId, Refusal> {
        self.queue_names.get(name).copied().ok_or_else(|| self.no_queue(name))
    }

    /// Refuses other connections' exclusive queues.
    pub(super) fn check_exclusive_access(&self, at: ChannelRef, id: QueueId) -> Result<(), Refusal> {
        let Some(queue) = self.queues.get(&id) else { return Ok(()) };
        if queue.exclusive.is_some_and(|owner| owner != at.connection) {
            return Err(self.locked(&queue.name));
        }
        Ok(())
    }

    fn no_queue(&self, name: &ShortString) -> Refusal {
        Refusal::new(Code::NotFound, format!("no {}", self.queue_resource(name.as_str())))
    }

    fn locked(&self, name: &ShortString) -> Refusal {
        let resource = self.queue_resource(name.as_str());
        let text = format!(
            "cannot obtain exclusive access to locked {resource}. It could be originally declared on another \
             connection or the exclusive property value does not match that of the original declaration."
        );
        Refusal::new(Code::ResourceLocked, text)
    }
}

/// AMQP counts messages in 32 bits.
pub(super) fn count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}
