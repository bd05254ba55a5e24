//! Expires messages (`expiration`, `x-message-ttl`) and unused queues (`x-expires`).

use crate::{dead_letter::Reason, ids::QueueId, vhost::VhostState};

impl VhostState {
    pub(in crate::vhost) fn fire_timers(&mut self) {
        while let Some(queue) = self.timers.take_due(self.now) {
            if self.delete_if_expired(queue) {
                continue;
            }
            if let Some(queue) = self.queues.get_mut(&queue) {
                queue.next_check = None;
            }
            self.drop_expired(queue);
        }
    }

    /// Restarts the time of `x-expires`.
    pub(in crate::vhost) fn mark_used(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.unused_since = self.now;
        if let Some(expires) = queue.arguments.expires {
            self.timers.add(self.now + expires, id);
        }
    }

    /// Deletes a queue that was unused for the time of `x-expires`; returns whether it is gone.
    fn delete_if_expired(&mut self, id: QueueId) -> bool {
        let Some(queue) = self.queues.get(&id) else { return true };
        let Some(expires) = queue.arguments.expires else { return false };
        let due = queue.consumers.is_empty() && self.now >= queue.unused_since + expires;
        if due {
            self.delete_queue(id);
        }
        due
    }

    /// Discards expired messages at the head, unless they wait for a consumer, and schedules the next check.
    pub(in crate::vhost) fn drop_expired(&mut self, id: QueueId) {
        let is_consumed = self.queues.get(&id).is_some_and(|queue| !queue.consumers.is_empty());
        if !(is_consumed && self.like().expires_only_next_of_consumed()) {
            self.drop_expired_head(id);
        }
    }

    /// Discards expired messages at the head, and schedules the next check.
    pub(in crate::vhost) fn drop_expired_head(&mut self, id: QueueId) {
        let now = self.now;
        while let Some(expired) = self.queues.get_mut(&id).and_then(|queue| queue.take_expired(now)) {
            self.discard(id, expired, Reason::Expired);
        }
        self.schedule_expiry(id);
    }

    /// Schedules a check for the expiry of the head, unless an earlier one is scheduled.
    pub(in crate::vhost) fn schedule_expiry(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        let Some(at) = queue.next_expiry() else { return };
        if queue.next_check.is_none_or(|next_check| at < next_check) {
            queue.next_check = Some(at);
            self.timers.add(at, id);
        }
    }
}
