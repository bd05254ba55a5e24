//! Faults of a queue: redelivers, cancels consumers, expires messages.

use crate::{
    dead_letter::Reason,
    ids::{ChannelRef, QueueId},
    queue::Queue,
    vhost::VhostState,
};

/// An unacknowledged delivery of a queue, ordered by its position in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnackedDelivery {
    position: u64,
    at: ChannelRef,
    tag: u64,
}

impl VhostState {
    /// Requeues all unacknowledged deliveries of a queue, so that they are delivered again. Their old tags
    /// may still be settled, without effect. Returns the number of deliveries.
    pub(crate) fn redeliver(&mut self, queue: &str) -> usize {
        let Some(id) = self.queue_id(queue) else { return 0 };
        let deliveries = self.unacked_deliveries(id);
        for UnackedDelivery { at, tag, .. } in &deliveries {
            // The tag is known: nothing has settled it since it was listed.
            if self.nack(*at, *tag, false, true).is_ok() {
                self.open_channel_mut(*at).requeued_by_fault.insert(*tag);
            }
        }
        deliveries.len()
    }

    fn unacked_deliveries(&self, queue: QueueId) -> Vec<UnackedDelivery> {
        let mut deliveries = Vec::new();
        for (connection, session) in &self.sessions {
            for (channel, state) in &session.channels {
                let at = ChannelRef { connection: *connection, channel: *channel };
                let of_queue = state.unacked.iter().filter(|delivered| delivered.queue == queue);
                deliveries.extend(of_queue.map(|delivered| UnackedDelivery {
                    position: delivered.queued.position,
                    at,
                    tag: delivered.tag,
                }));
            }
        }
        deliveries.sort_unstable();
        deliveries
    }

    /// Cancels all consumers of a queue, as when it moves to another node; returns how many there were.
    pub(crate) fn cancel_consumers(&mut self, queue: &str) -> usize {
        let Some(id) = self.queue_id(queue) else { return 0 };
        let Some(queue) = self.queues.get_mut(&id) else { return 0 };
        let consumers: Vec<_> =
            queue.consumers.iter().map(|consumer| (consumer.at, consumer.tag.clone())).collect();
        for (at, tag) in &consumers {
            queue.consumers.remove(*at, tag);
        }
        for (at, tag) in &consumers {
            self.cancel_by_broker(*at, tag);
        }
        if !consumers.is_empty() {
            self.handle_consumer_removed(id);
        }
        consumers.len()
    }

    /// Expires all ready messages of a queue; returns how many there were.
    pub(crate) fn expire_now(&mut self, queue: &str) -> usize {
        let Some(id) = self.queue_id(queue) else { return 0 };
        let mut expired = 0;
        while let Some(queued) = self.queues.get_mut(&id).and_then(Queue::take) {
            self.discard(id, queued, Reason::Expired);
            expired += 1;
        }
        expired
    }
}
