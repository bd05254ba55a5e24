//! When a queue must be looked at again: its head expires, or the queue itself.

use std::{cmp::Reverse, collections::BinaryHeap};

use tokio::time::Instant;

use crate::{ids::QueueId, vhost::Vhost};

/// Appointments. They are never cancelled: one that has lost its reason finds nothing to do.
#[derive(Debug, Default)]
pub(crate) struct Timers(BinaryHeap<Reverse<(Instant, QueueId)>>);

impl Timers {
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn add(&mut self, at: Instant, queue: QueueId) {
        self.0.push(Reverse((at, queue)));
    }

    fn take_due(&mut self, now: Instant) -> Option<QueueId> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, queue))| queue)
    }
}

impl Vhost {
    pub(super) fn fire_timers(&mut self) {
        while let Some(queue) = self.timers.take_due(self.now) {
            if self.delete_when_unused(queue) {
                continue;
            }
            if let Some(queue) = self.queues.get_mut(&queue) {
                queue.appointed = None;
            }
            self.drop_expired(queue);
        }
    }

    /// Starts the time of `x-expires` anew.
    pub(super) fn mark_used(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.unused_since = self.now;
        if let Some(expires) = queue.arguments.expires {
            self.timers.add(self.now + expires, id);
        }
    }

    /// Deletes a queue whose `x-expires` has passed without anybody using it; returns whether it is gone.
    fn delete_when_unused(&mut self, id: QueueId) -> bool {
        let Some(queue) = self.queues.get(&id) else { return true };
        let Some(expires) = queue.arguments.expires else { return false };
        let due = queue.consumers.is_empty() && self.now >= queue.unused_since + expires;
        if due {
            self.delete_queue(id);
        }
        due
    }

    /// Drops or dead-letters what has expired at the head, and makes the next appointment.
    pub(super) fn drop_expired(&mut self, id: QueueId) {
        let now = self.now;
        while let Some(expired) = self.queues.get_mut(&id).and_then(|queue| queue.take_expired(now)) {
            self.discard(id, expired, crate::dead_letter::Reason::Expired);
        }
        self.appoint_expiry(id);
    }

    /// Makes an appointment for the head of a queue, unless there is one.
    pub(super) fn appoint_expiry(&mut self, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        let Some(at) = queue.next_expiry() else { return };
        if queue.appointed.is_none_or(|appointed| at < appointed) {
            queue.appointed = Some(at);
            self.timers.add(at, id);
        }
    }
}
