//! What ends with a channel, a connection or a queue: consumers, unacknowledged messages, exclusive and auto-delete queues, bindings.

use std::collections::{BTreeMap, BTreeSet};

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};

use crate::{
    exchange::Destination,
    ids::{ChannelRef, ConnectionId, QueueId},
    vhost::Vhost,
};

impl Vhost {
    /// Takes back everything a channel holds: consumers end first, so that messages that go back are not sent to it again.
    pub(super) fn end_channel(&mut self, at: ChannelRef) {
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        let Some(channel) = session.channels.remove(&at.channel) else { return };
        if let Some(reply_consumer) = channel.reply_consumer {
            self.reply_addresses.remove(&reply_consumer.suffix);
        }
        self.forget_withheld(at);
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
            self.give_back(queue, messages, true);
        }
        for queue in touched {
            let left_by_last = channel.consumers.values().any(|consumed| *consumed == queue);
            if left_by_last && self.delete_when_deserted(queue) {
                continue;
            }
            self.after_return(queue);
        }
    }

    /// Ends all channels of a connection, then deletes its exclusive queues.
    pub(super) fn end_connection(&mut self, id: ConnectionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        // What one channel gives back must not go to another that is about to end as well.
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

    /// After a consumer has left: restarts `x-expires`, and deletes an auto-delete queue that had its last one. Returns whether it is gone.
    pub(super) fn delete_when_deserted(&mut self, id: QueueId) -> bool {
        let Some(queue) = self.queues.get(&id) else { return true };
        if !queue.consumers.is_empty() {
            return false;
        }
        if queue.auto_delete && queue.had_consumers {
            self.delete_queue(id);
            return true;
        }
        self.mark_used(id);
        false
    }

    /// The end of the virtual host: its messages count no more.
    pub(super) fn delete_all_queues(&mut self) {
        for id in self.queues.keys().copied().collect::<Vec<_>>() {
            self.delete_queue(id);
        }
    }

    /// Deletes a queue with its messages and bindings; its consumers are told. Returns how many messages were ready.
    pub(crate) fn delete_queue(&mut self, id: QueueId) -> usize {
        let Some(mut queue) = self.queues.remove(&id) else { return 0 };
        if self.queue_names.get(&queue.name) == Some(&id) {
            self.queue_names.remove(&queue.name);
        }
        let messages = queue.purge();
        for queued in &messages {
            self.shared.memory.subtract(queued.message.size());
        }
        self.remove_destination(&Destination::Queue(queue.name.clone()));
        // A channel hears of its consumers in the order of their tags, as from RabbitMQ.
        let consumers: BTreeSet<_> =
            queue.consumers.iter().map(|consumer| (consumer.at, consumer.tag.clone())).collect();
        for (at, tag) in &consumers {
            self.cancel_by_broker(*at, tag);
        }
        messages.len()
    }

    /// Ends a consumer whose queue is gone, and tells the client when it wants to know.
    pub(super) fn cancel_by_broker(&mut self, at: ChannelRef, tag: &ShortString) {
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        let Some(channel) = session.channels.get_mut(&at.channel) else { return };
        channel.consumers.remove(tag);
        if session.capabilities.consumer_cancel_notify {
            let cancel = basic::Cancel { consumer_tag: tag.clone(), nowait: true };
            self.reply(at, AMQPClass::Basic(basic::AMQPMethod::Cancel(cancel)));
        }
    }

    /// Removes all bindings to a destination, and auto-delete exchanges that lose their last one.
    pub(super) fn remove_destination(&mut self, destination: &Destination) {
        let mut deserted = Vec::new();
        for (name, exchange) in &mut self.exchanges {
            if exchange.remove_destination(destination) && exchange.auto_delete && exchange.is_unbound() {
                deserted.push(name.clone());
            }
        }
        for name in deserted {
            self.remove_exchange(&name);
        }
    }

    pub(super) fn remove_exchange(&mut self, name: &ShortString) {
        if self.exchanges.remove(name).is_some() {
            self.remove_destination(&Destination::Exchange(name.clone()));
        }
    }
}
