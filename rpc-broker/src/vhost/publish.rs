//! Publishing: checks, routing, and putting messages into queues.

use std::collections::HashSet;

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};
use bytes::Bytes;

use crate::{
    connection::Outgoing,
    dead_letter::{Reason, routing_keys, without_bcc},
    exchange::Destination,
    ids::{ChannelRef, QueueId},
    message::Message,
    properties::Properties,
    queue::{Queued, arguments::Overflow, expiration},
    refusal::{Code, Refusal},
    vhost::{Vhost, permissions::Access},
};

impl Vhost {
    pub(super) fn publish(
        &mut self,
        at: ChannelRef,
        publish: basic::Publish,
        properties: Properties,
        body: Bytes,
    ) -> Result<(), Refusal> {
        if publish.immediate {
            return Err(Refusal::new(Code::NotImplemented, "immediate=true"));
        }
        self.check_exchange(at, Access::Write, publish.exchange.as_str())?;
        self.check_publishable(&publish.exchange)?;
        let properties = self.with_reply_address(at, properties)?;
        self.check_user_id(at, &properties)?;
        expiration::parse(&properties).map_err(|text| Refusal::new(Code::PreconditionFailed, text))?;

        let basic::Publish { exchange, routing_key, mandatory, .. } = publish;
        if let Some(mode) = properties.delivery_mode().filter(|mode| ![1, 2].contains(mode)) {
            let text = format!("invalid message: {{delivery_mode_unknown,{mode}}}");
            return Err(Refusal::new(Code::PreconditionFailed, text));
        }
        let message = Message { exchange, routing_key, properties, body };
        let keys = routing_keys(&message).map_err(|text| Refusal::new(Code::PreconditionFailed, text))?;
        let number = self.open_channel_mut(at).confirms.as_mut().map(super::confirms::Confirms::next);

        let replied = self.deliver_direct_reply(&message);
        let queues = self.route(&message.exchange, &keys, &message);
        if queues.is_empty() && mandatory && !(replied && self.shared.settings.strict_4_3) {
            self.give_back_unroutable(at, &message);
        }
        let message = without_bcc(message);
        let mut accepted = true;
        for queue in queues {
            accepted &= self.enqueue(queue, message.clone());
        }
        if let Some(number) = number {
            self.settle_publish(at, number, accepted);
        }
        Ok(())
    }

    fn check_publishable(&self, exchange: &ShortString) -> Result<(), Refusal> {
        if exchange.as_str().is_empty() {
            return Ok(());
        }
        let resource = self.exchange_resource(exchange.as_str());
        let Some(exchange) = self.exchanges.get(exchange) else {
            return Err(Refusal::new(Code::NotFound, format!("no {resource}")));
        };
        if exchange.internal {
            return Err(Refusal::new(Code::AccessRefused, format!("cannot publish to internal {resource}")));
        }
        Ok(())
    }

    fn check_user_id(&self, at: ChannelRef, properties: &Properties) -> Result<(), Refusal> {
        let Some(claimed) = properties.user_id() else { return Ok(()) };
        let Some(session) = self.sessions.get(&at.connection) else { return Ok(()) };
        if claimed == session.user.as_bytes() {
            return Ok(());
        }
        let claimed = String::from_utf8_lossy(claimed);
        let text =
            format!("user_id property set to '{claimed}' but authenticated user was '{}'", session.user);
        Err(Refusal::new(Code::PreconditionFailed, text))
    }

    fn give_back_unroutable(&self, at: ChannelRef, message: &Message) {
        let Some(session) = self.sessions.get(&at.connection) else { return };
        let returned = basic::Return {
            reply_code: 312,
            reply_text: "NO_ROUTE".into(),
            exchange: message.exchange.clone(),
            routing_key: message.routing_key.clone(),
        };
        session.link.send(Outgoing::Content(
            at.channel,
            AMQPClass::Basic(basic::AMQPMethod::Return(returned)),
            message.properties.clone(),
            message.body.clone(),
        ));
    }

    /// The queues that a message goes to, each once.
    pub(super) fn route(
        &self,
        exchange: &ShortString,
        keys: &[ShortString],
        message: &Message,
    ) -> Vec<QueueId> {
        let mut queues = Vec::new();
        if exchange.as_str().is_empty() {
            queues.extend(keys.iter().filter_map(|key| self.queue_names.get(key).copied()));
        } else {
            let mut headers = || message.properties.headers().ok().flatten();
            let mut visited = HashSet::new();
            let mut to_visit = vec![exchange.clone()];
            while let Some(name) = to_visit.pop() {
                if !visited.insert(name.clone()) {
                    continue;
                }
                let Some(exchange) = self.exchanges.get(&name) else { continue };
                let mut found = Vec::new();
                for key in keys {
                    exchange.route(key.as_str(), &mut headers, &mut found);
                }
                if found.is_empty() {
                    to_visit.extend(exchange.alternate().map(ShortString::from));
                }
                for destination in found {
                    match destination {
                        Destination::Queue(name) => queues.extend(self.queue_names.get(&name).copied()),
                        Destination::Exchange(name) => to_visit.push(name),
                    }
                }
            }
        }
        if queues.len() > 1 {
            queues.sort_unstable();
            queues.dedup();
        }
        queues
    }

    /// Puts a message into a queue, or hands it to a consumer who waits for one. False when the queue is full and refuses.
    pub(super) fn enqueue(&mut self, id: QueueId, message: Message) -> bool {
        let now = self.now;
        let Some(queue) = self.queues.get_mut(&id) else { return true };
        let refuses = !matches!(queue.arguments.overflow, Overflow::DropHead);
        if refuses && queue.is_full_for(&message) {
            if matches!(queue.arguments.overflow, Overflow::RejectPublishDlx) {
                let refused = queue.receive(message, None);
                self.dead_letter(id, &refused, Reason::MaxLength);
            }
            return false;
        }
        // Checked when it was published; dead letters have none.
        let own = expiration::parse(&message.properties).unwrap_or_default();
        let time_to_live = [queue.arguments.message_ttl, own].into_iter().flatten().min();
        let queued = queue.receive(message, time_to_live.map(|time| now + time));
        self.shared.memory.add(queued.message.size());
        if queue.next_expiry().is_some_and(|expiry| expiry <= now) {
            self.drop_expired(id);
        }
        if let Some(queued) = self.deliver_directly(id, queued) {
            self.keep(id, queued);
        }
        true
    }

    fn keep(&mut self, id: QueueId, queued: Queued) {
        let expires = queued.expires;
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.put(queued);
        self.drop_overflow(id);
        if expires.is_some() {
            self.drop_expired(id);
        }
    }

    /// Drops from the head what a queue may not hold; never where it refuses instead.
    pub(super) fn drop_overflow(&mut self, id: QueueId) {
        while let Some(queue) = self.queues.get_mut(&id) {
            if !matches!(queue.arguments.overflow, Overflow::DropHead) || !queue.is_over_full() {
                return;
            }
            let Some(dropped) = queue.take() else { return };
            self.discard(id, dropped, Reason::MaxLength);
        }
    }
}
