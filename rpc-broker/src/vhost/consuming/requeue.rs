//! Requeues messages at their original position.

use crate::{dead_letter::Reason, ids::QueueId, queue::Queued, vhost::VhostState};

impl VhostState {
    /// Requeues the deliveries of a channel that has ended. Must be followed by
    /// [`after_requeue`](Self::after_requeue).
    pub(in crate::vhost) fn requeue_unacked(&mut self, id: QueueId, returned: Vec<Queued>, counts: bool) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.unacked -= returned.len();
        }
        self.requeue(id, returned, counts);
    }

    /// Requeues messages at their original position. Messages above the delivery limit are dead-lettered.
    pub(super) fn requeue(&mut self, id: QueueId, returned: Vec<Queued>, counts: bool) {
        let mut kept = Vec::with_capacity(returned.len());
        for mut queued in returned {
            let Some(queue) = self.queues.get(&id) else {
                self.shared.memory.subtract(queued.message.size());
                continue;
            };
            queued.redelivered = true;
            queued.returned += u32::from(counts);
            if queue.arguments.delivery_limit.is_some_and(|limit| queued.returned > limit) {
                self.discard(id, queued, Reason::DeliveryLimit);
            } else {
                kept.push(queued);
            }
        }
        let Some(queue) = self.queues.get_mut(&id) else { return };
        // In reverse order: then each becomes the head, which is cheap.
        kept.sort_unstable_by_key(|queued| std::cmp::Reverse(queued.position));
        for queued in kept {
            queue.put(queued);
        }
    }

    /// Applies the queue's limits and expiry to requeued messages, then delivers them.
    pub(in crate::vhost) fn after_requeue(&mut self, id: QueueId) {
        self.drop_overflow(id);
        self.drop_expired(id);
        self.deliver(id);
    }
}
