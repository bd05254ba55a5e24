//! Handles `queue.declare`.

use amq_protocol::{
    protocol::{AMQPClass, queue},
    types::{FieldTable, ShortString},
};

use super::lookup::saturating_count;
use crate::{
    ids::{ChannelRef, QueueId},
    like::Like,
    protocol::{ProtocolError, ReplyCode},
    queue::{
        Queue, QueueArguments,
        arguments::{QueueDeclaration, check_server_named, inequivalence},
    },
    vhost::{
        VhostState,
        names::{server_named, without_line_breaks},
        permissions::Access,
    },
};

/// A connection as LavinMQ names it, by the addresses of both sides. Which ports they are does not matter for
/// a permission.
const CONNECTION_AT_LAVINMQ: &str = "127.0.0.1:5 -> 127.0.0.1:5672";

impl VhostState {
    pub(in crate::vhost) fn declare_queue(
        &mut self,
        at: ChannelRef,
        declare: queue::Declare,
    ) -> Result<(), ProtocolError> {
        let asked = without_line_breaks(&declare.queue);
        if Self::is_reply_address(asked.as_str()) {
            return self.declare_reply_address(at, &asked, declare.nowait);
        }
        let nowait = declare.nowait;
        let id = if declare.passive {
            self.check_passive(at, "queue", asked.as_str())?;
            let id = self.existing_queue(&asked)?;
            self.check_exclusive_access(at, id)?;
            id
        } else {
            self.declare_queue_actively(at, declare, asked)?
        };
        self.mark_used(id);
        let Some(queue) = self.queues.get(&id) else { return Ok(()) };
        let ok = queue::DeclareOk {
            queue: queue.name.clone(),
            message_count: saturating_count(queue.ready()),
            consumer_count: saturating_count(queue.consumers.len()),
        };
        self.open_channel_mut(at).last_queue = Some(ok.queue.clone());
        self.reply_unless(nowait, at, AMQPClass::Queue(queue::AMQPMethod::DeclareOk(ok)));
        Ok(())
    }

    /// Declares a reply address, which checks whether the requester still waits: an address with a consumer
    /// counts as a queue with one consumer, and so does the pseudo queue.
    fn declare_reply_address(
        &mut self,
        at: ChannelRef,
        name: &ShortString,
        nowait: bool,
    ) -> Result<(), ProtocolError> {
        if !self.has_reply_consumer(name.as_str()) {
            return Err(self.no_queue(name));
        }
        self.open_channel_mut(at).last_queue = Some(name.clone());
        let ok = queue::DeclareOk { queue: name.clone(), message_count: 0, consumer_count: 1 };
        self.reply_unless(nowait, at, AMQPClass::Queue(queue::AMQPMethod::DeclareOk(ok)));
        Ok(())
    }

    fn declare_queue_actively(
        &mut self,
        at: ChannelRef,
        declare: queue::Declare,
        asked: ShortString,
    ) -> Result<QueueId, ProtocolError> {
        let name = queue_name(asked, &declare.arguments, self.like())?;
        if self.like().declaring_again_needs_permission() || !self.queue_names.contains_key(&name) {
            self.check_queue(at, Access::Configure, name.as_str())?;
        }
        let declaration = QueueDeclaration {
            // An exclusive queue ends with its connection, so it is never durable.
            durable: declare.durable && !declare.exclusive,
            exclusive: declare.exclusive,
            auto_delete: declare.auto_delete,
            arguments: declare.arguments,
        };
        match self.queue_names.get(&name).and_then(|id| self.queues.get(id)) {
            Some(existing) => self.redeclare_queue(at, existing, &declaration),
            None => self.create_queue(at, name, declaration),
        }
    }

    fn redeclare_queue(
        &self,
        at: ChannelRef,
        existing: &Queue,
        declaration: &QueueDeclaration,
    ) -> Result<QueueId, ProtocolError> {
        let owner = declaration.exclusive.then_some(at.connection);
        if existing.exclusive != owner {
            return Err(self.locked(&existing.name));
        }
        let present = QueueDeclaration {
            durable: existing.durable,
            exclusive: existing.exclusive.is_some(),
            auto_delete: existing.auto_delete,
            arguments: existing.declared.clone(),
        };
        match inequivalence(&present, declaration, &self.name, existing.name.as_str(), self.like()) {
            Some(text) => {
                let of_another = self.like().text_of_redeclaration("queue", existing.name.as_str());
                Err(precondition_failed(of_another.unwrap_or(text)))
            }
            None => Ok(existing.id),
        }
    }

    fn create_queue(
        &mut self,
        at: ChannelRef,
        name: ShortString,
        declaration: QueueDeclaration,
    ) -> Result<QueueId, ProtocolError> {
        self.check_space("Server low on disk space, can not create queue")?;
        let like = self.like();
        let mut arguments = QueueArguments::parse(&declaration, name.as_str(), &self.name, like)
            .map_err(precondition_failed)?;
        if arguments.is_quorum() && arguments.delivery_limit.is_none() {
            arguments.delivery_limit = like.default_delivery_limit();
        }
        if let Some(exchange) = arguments.dead_letter_exchange.clone() {
            let read_from = if like.dead_lettering_needs_read_on_connection() {
                CONNECTION_AT_LAVINMQ
            } else {
                name.as_str()
            };
            self.check_queue(at, Access::Read, read_from)?;
            self.check_exchange(at, Access::Write, exchange.as_str())?;
        }
        self.last_queue += 1;
        let id = QueueId(self.last_queue);
        let mut queue = Queue::new(id, name.clone(), declaration.arguments, arguments);
        queue.durable = declaration.durable;
        queue.auto_delete = declaration.auto_delete;
        queue.exclusive = declaration.exclusive.then_some(at.connection);
        self.queues.insert(id, queue);
        self.queue_names.insert(name, id);
        Ok(id)
    }
}

/// The name of a queue to declare: an empty name is replaced by a generated one.
fn queue_name(asked: ShortString, arguments: &FieldTable, like: Like) -> Result<ShortString, ProtocolError> {
    if asked.as_str().is_empty() {
        check_server_named(arguments, like).map_err(precondition_failed)?;
        return Ok(server_named("amq.gen"));
    }
    if asked.as_str().starts_with("amq.") {
        let text = format!("queue name '{asked}' contains reserved prefix 'amq.*'");
        return Err(ProtocolError::new(ReplyCode::AccessRefused, text));
    }
    Ok(asked)
}

fn precondition_failed(text: String) -> ProtocolError {
    ProtocolError::new(ReplyCode::PreconditionFailed, text)
}
