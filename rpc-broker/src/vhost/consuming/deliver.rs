//! Delivers messages from queues to consumers.

use std::collections::{BTreeSet, HashMap};

use amq_protocol::{
    protocol::{AMQPClass, basic},
    types::ShortString,
};

use crate::{
    dead_letter::Reason,
    ids::{ChannelRef, ConnectionId, QueueId},
    properties::{Properties, Value},
    protocol::{Outgoing, OutgoingContent},
    queue::{Consumer, Queue, Queued},
    vhost::{
        VhostState,
        state::{Delivered, DeliveredTo, Session},
    },
};

/// The consumer that gets the next message.
struct Recipient {
    at: ChannelRef,
    tag: ShortString,
    id: u64,
    no_ack: bool,
}

impl VhostState {
    /// Delivers ready messages, for as long as a consumer can take one.
    pub(in crate::vhost) fn deliver(&mut self, id: QueueId) {
        while let Some(queue) = self.queues.get_mut(&id) {
            if queue.is_empty() {
                return;
            }
            let Some(consumer) = next_consumer(queue, &self.sessions) else { return };
            let Some(queued) = queue.take() else { return };
            if self.expires_when_next(&queued) {
                self.discard(id, queued, Reason::Expired);
                continue;
            }
            self.deliver_to(id, consumer, queued);
            self.drop_expired(id); // the next head may have expired while it waited behind this message
        }
    }

    /// Delivers a new message without queueing it, when a consumer can take it at once; else returns it.
    pub(in crate::vhost) fn deliver_directly(&mut self, id: QueueId, queued: Queued) -> Option<Queued> {
        let Some(queue) = self.queues.get_mut(&id).filter(|queue| queue.is_empty()) else {
            return Some(queued);
        };
        let Some(consumer) = next_consumer(queue, &self.sessions) else { return Some(queued) };
        if self.expires_when_next(&queued) {
            self.discard(id, queued, Reason::Expired);
            return None;
        }
        self.deliver_to(id, consumer, queued);
        None
    }

    /// Returns whether a message that is next has expired, where that is only checked then.
    fn expires_when_next(&self, queued: &Queued) -> bool {
        self.like().expires_only_next_of_consumed()
            && queued.expires.is_some_and(|expires| expires <= self.now)
    }

    fn deliver_to(
        &mut self,
        id: QueueId,
        Recipient { at, tag, id: consumer, no_ack }: Recipient,
        queued: Queued,
    ) {
        let Some(session) = self.sessions.get_mut(&at.connection) else { return };
        let Some(channel) = session.channels.get_mut(&at.channel) else { return };
        let delivery_tag = channel.next_delivery_tag();
        let deliver = basic::Deliver {
            consumer_tag: tag.clone(),
            delivery_tag,
            redelivered: queued.redelivered,
            exchange: queued.message.exchange.clone(),
            routing_key: queued.message.routing_key.clone(),
        };
        let queue = self.queues.get(&id);
        let limited = queue.is_some_and(Queue::counts_deliveries);
        session.outgoing.send(Outgoing::Content(OutgoingContent {
            channel: at.channel,
            method: AMQPClass::Basic(basic::AMQPMethod::Deliver(deliver)),
            properties: delivered_properties(&queued, limited),
            body: queued.message.body.clone(),
            queue: queue.map(|queue| queue.name.clone()),
        }));
        if no_ack {
            self.shared.memory.subtract(queued.message.size());
            return;
        }
        channel.unacked.push_back(Delivered {
            tag: delivery_tag,
            queue: id,
            consumer: Some(DeliveredTo { tag, id: consumer }),
            queued,
        });
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.unacked += 1;
        if let Some(consumer) = queue.consumers.by_id(consumer) {
            consumer.unsettled += 1;
        }
    }

    /// Resumes the consumers of a connection that is no longer congested.
    pub(in crate::vhost) fn resume_deliveries(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.get(&connection) else { return };
        let consumed = session.channels.values().flat_map(|channel| channel.consumers.values().copied());
        for id in consumed.collect::<BTreeSet<_>>() {
            let Some(queue) = self.queues.get_mut(&id) else { continue };
            if queue.consumers.unpark(|consumer| consumer.at.connection == connection) {
                self.deliver(id);
            }
        }
    }
}

fn next_consumer(queue: &mut Queue, sessions: &HashMap<ConnectionId, Session>) -> Option<Recipient> {
    let consumer = queue.consumers.next(|consumer| can_take(consumer, sessions))?;
    Some(Recipient { at: consumer.at, tag: consumer.tag.clone(), id: consumer.id, no_ack: consumer.no_ack })
}

fn can_take(consumer: &Consumer, sessions: &HashMap<ConnectionId, Session>) -> bool {
    let Some(session) = sessions.get(&consumer.at.connection) else { return false };
    let Some(channel) = session.channels.get(&consumer.at.channel) else { return false };
    !session.closing && (consumer.no_ack || channel.has_capacity()) && !session.outgoing.is_congested()
}

/// The properties of a delivery. On queues that count returns, `x-delivery-count` is added.
pub(in crate::vhost) fn delivered_properties(queued: &Queued, counts_deliveries: bool) -> Properties {
    let original = &queued.message.properties;
    if !counts_deliveries || queued.returned == 0 {
        return original.clone();
    }
    // Unreadable headers cannot be extended; the message is delivered as it was published.
    let Ok(headers) = original.headers() else { return original.clone() };
    let mut headers = headers.unwrap_or_default();
    headers.set("x-delivery-count", Value::I64(i64::from(queued.returned)));
    original.with_headers(Some(&headers))
}
