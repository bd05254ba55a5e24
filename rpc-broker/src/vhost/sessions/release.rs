//! Releases what ends with a channel or a connection: consumers, unacknowledged deliveries, exclusive queues.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{ChannelRef, ConnectionId},
    vhost::VhostState,
};

impl VhostState {
    /// Releases everything that a channel holds. Its consumers end first, so that requeued messages are not
    /// delivered to it again.
    pub(in crate::vhost) fn end_channel(&mut self, at: ChannelRef) {
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        let Some(channel) = session.channels.remove(&at.channel) else { return };
        if let Some(reply_consumer) = channel.reply_consumer {
            self.reply_addresses.remove(&reply_consumer.suffix);
        }
        self.held_confirms.drop_channel(at);
        let mut touched = BTreeSet::new();
        for (tag, queue) in &channel.consumers {
            if let Some(queue) = self.queues.get_mut(queue) {
                queue.consumers.remove(at, tag);
            }
            touched.insert(*queue);
        }
        let mut returned: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for unacked in channel.unacked {
            returned.entry(unacked.queue).or_default().push(unacked.queued);
        }
        for (queue, messages) in returned {
            touched.insert(queue);
            self.requeue_unacked(queue, messages, true);
        }
        for queue in touched {
            let left_by_last = channel.consumers.values().any(|consumed| *consumed == queue);
            if left_by_last && self.handle_consumer_removed(queue) {
                continue;
            }
            self.after_requeue(queue);
        }
    }

    /// Ends all channels of a connection, then deletes its exclusive queues.
    pub(in crate::vhost) fn end_connection(&mut self, id: ConnectionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        // Messages that one channel requeues must not be delivered to another channel that ends next.
        session.closing = true;
        let mut channels: Vec<_> = session.channels.keys().copied().collect();
        channels.sort_unstable();
        for channel in channels {
            self.end_channel(ChannelRef { connection: id, channel });
        }
        let exclusive =
            self.queues.values().filter(|queue| queue.exclusive == Some(id)).map(|queue| queue.id);
        for queue in exclusive.collect::<Vec<_>>() {
            self.delete_queue(queue);
        }
    }
}
