//! Puts messages into queues, within the limits of the queues.

use crate::{
    dead_letter::Reason,
    ids::QueueId,
    message::Message,
    queue::{Queued, arguments::Overflow, expiration},
    vhost::VhostState,
};

impl VhostState {
    /// Delivers a message to a waiting consumer, or puts it into the queue. Returns false when the queue is
    /// full and refuses it.
    pub(in crate::vhost) fn enqueue(&mut self, id: QueueId, message: Message) -> bool {
        let (now, like) = (self.now, self.like());
        // Checked when the message was published; dead letters have none.
        let own = expiration::parse(&message.properties, like).unwrap_or_default();
        let Some(queue) = self.queues.get_mut(&id) else { return true };
        let refuses = !matches!(queue.arguments.overflow, Overflow::DropHead);
        if refuses && queue.is_full_for(&message) {
            if matches!(queue.arguments.overflow, Overflow::RejectPublishDlx) {
                let refused = queue.receive(message, None);
                self.dead_letter(id, &refused, Reason::MaxLength);
            }
            return false;
        }
        let time_to_live = [queue.arguments.message_ttl, own].into_iter().flatten().min();
        let clock = expiration::Clock { started: self.shared.started, tick: like.expiry_tick() };
        let queued = queue.receive(message, time_to_live.map(|time| clock.expiry(now, time)));
        self.shared.memory.add(queued.message.size());
        if queue.next_expiry().is_some_and(|expiry| expiry <= now) {
            self.drop_expired(id);
        }
        if let Some(queued) = self.deliver_directly(id, queued) {
            self.store(id, queued);
        }
        true
    }

    fn store(&mut self, id: QueueId, queued: Queued) {
        let expires = queued.expires;
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.put(queued);
        self.drop_overflow(id);
        if expires.is_some() {
            self.drop_expired(id);
        }
    }

    /// Drops messages from the head while the queue exceeds its limits, unless it refuses new ones instead.
    pub(in crate::vhost) fn drop_overflow(&mut self, id: QueueId) {
        while let Some(queue) = self.queues.get_mut(&id) {
            if !matches!(queue.arguments.overflow, Overflow::DropHead) || !queue.exceeds_limits() {
                return;
            }
            let Some(dropped) = queue.take() else { return };
            self.discard(id, dropped, Reason::MaxLength);
        }
    }
}
