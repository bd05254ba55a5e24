//! What faults do to the state of a vhost.

use amq_protocol::protocol::{channel, connection};

use crate::{
    connection::Outgoing,
    dead_letter::Reason,
    faults::Decree,
    ids::{ChannelRef, ConnectionId},
    queue::Queue,
    refusal::reply_text,
    vhost::{Vhost, session::Channel},
};

impl Vhost {
    /// Does what a rule says; what a connection that is closing or gone cannot have done to it any more is left out.
    pub(crate) fn obey(&mut self, id: ConnectionId, decree: Decree) {
        match decree {
            Decree::CloseChannel { channel, code, text } => {
                let at = ChannelRef { connection: id, channel };
                if self.is_channel_closing(at) || self.sessions.get(&id).is_none_or(|session| session.closing)
                {
                    return;
                }
                let reply_text = reply_text(text);
                let close = channel::Close { reply_code: code, reply_text, class_id: 0, method_id: 0 };
                self.close_channel_with(at, close);
            }
            Decree::CloseConnection { code, text } => {
                let reply_text = reply_text(text);
                let close = connection::Close { reply_code: code, reply_text, class_id: 0, method_id: 0 };
                self.close_connection_with(id, close);
            }
            Decree::Nack { channel } => self.refuse_publish(ChannelRef { connection: id, channel }),
            Decree::Say(bytes) => {
                if let Some(session) = self.sessions.get(&id) {
                    session.link.send(Outgoing::Raw(bytes));
                }
            }
            Decree::Reset => self.reset(id),
        }
        self.publish_dead_letters();
    }

    fn refuse_publish(&mut self, at: ChannelRef) {
        if !self.is_channel_open(at) {
            return;
        }
        let channel: &mut Channel = self.open_channel_mut(at);
        if let Some(confirms) = &mut channel.confirms {
            let number = confirms.next();
            self.settle_publish(at, number, false);
        }
    }

    /// Forgets a connection as if its client had died, and resets it.
    fn reset(&mut self, id: ConnectionId) {
        self.end_connection(id);
        if let Some(session) = self.sessions.remove(&id) {
            session.link.send(Outgoing::Reset);
        }
    }

    /// Gives all unsettled deliveries of a queue back, to be delivered again; their old tags may still be settled, without effect.
    /// Returns how many they were.
    pub(crate) fn redeliver(&mut self, queue: &str) -> usize {
        let Some(id) = self.queue_id(queue) else { return 0 };
        let mut deliveries = Vec::new();
        for (connection, session) in &self.sessions {
            for (channel, state) in &session.channels {
                let at = ChannelRef { connection: *connection, channel: *channel };
                let of_queue = state.unacked.iter().filter(|unacked| unacked.queue == id);
                deliveries.extend(of_queue.map(|unacked| (unacked.queued.position, at, unacked.tag)));
            }
        }
        deliveries.sort_unstable();
        for (_, at, tag) in &deliveries {
            // It cannot be unknown, and it may have been settled by nobody since.
            if self.nack(*at, *tag, false, true).is_ok() {
                self.open_channel_mut(*at).given_back.insert(*tag);
            }
        }
        deliveries.len()
    }

    /// Cancels all consumers of a queue, as when it moves to another node; returns how many they were.
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
            self.delete_when_deserted(id);
        }
        consumers.len()
    }

    /// Lets everything that is ready in a queue expire now; returns how many messages they were.
    pub(crate) fn expire_now(&mut self, queue: &str) -> usize {
        let Some(id) = self.queue_id(queue) else { return 0 };
        let mut expired = 0;
        while let Some(queued) = self.queues.get_mut(&id).and_then(Queue::take) {
            self.discard(id, queued, Reason::Expired);
            expired += 1;
        }
        expired
    }

    /// The connections that are open, oldest first, with what they call themselves.
    pub(crate) fn named_connections(&self) -> Vec<(ConnectionId, String)> {
        let open = self.sessions.iter().filter(|(_, session)| !session.closing);
        let mut named: Vec<_> = open.map(|(id, session)| (*id, session.name.to_string())).collect();
        named.sort();
        named
    }
}
