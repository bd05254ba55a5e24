//! What leaves a queue without being taken: dropped, or sent on to the queue's dead-letter exchange.

use std::time::{SystemTime, UNIX_EPOCH};

use amq_protocol::types::ShortString;

use crate::{
    dead_letter::{Reason, dead_letter, is_cycle, routing_keys, without_bcc},
    ids::QueueId,
    message::Message,
    queue::Queued,
    vhost::Vhost,
};

/// How many dead letters are published before others have their turn.
const AT_ONCE: usize = 1_000;

/// A message on its way to a dead-letter exchange.
#[derive(Debug)]
pub(super) struct DeadLetter {
    exchange: ShortString,
    message: Message,
    reason: Reason,
}

impl Vhost {
    /// Takes a message out of the queue's life for good.
    pub(super) fn discard(&mut self, id: QueueId, queued: Queued, reason: Reason) {
        self.shared.memory.subtract(queued.message.size());
        self.dead_letter(id, &queued, reason);
    }

    /// Sends a message on when its queue says where to. It is published once the request that caused it is done.
    pub(super) fn dead_letter(&mut self, id: QueueId, queued: &Queued, reason: Reason) {
        let Some(queue) = self.queues.get(&id) else { return };
        let Some(exchange) = queue.arguments.dead_letter_exchange.clone() else { return };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let routing_key = queue.arguments.dead_letter_routing_key.as_ref();
        let message =
            dead_letter(&queued.message, reason, queue.name.as_str(), seconds, &exchange, routing_key);
        self.dead_letters.push_back(DeadLetter { exchange, message, reason });
    }

    /// Publishes dead letters, and those that come of them, but not without end: there are circles that the history does not show. A
    /// message that would go round without anybody rejecting it is dropped.
    pub(super) fn publish_dead_letters(&mut self) {
        for _ in 0..AT_ONCE {
            let Some(DeadLetter { exchange, message, reason }) = self.dead_letters.pop_front() else {
                return;
            };
            if !exchange.as_str().is_empty() && !self.exchanges.contains_key(&exchange) {
                continue;
            }
            let Ok(keys) = routing_keys(&message) else { continue };
            let queues = self.route(&exchange, &keys, &message);
            let message = without_bcc(message);
            for id in queues {
                let Some(queue) = self.queues.get(&id) else { continue };
                if !matches!(reason, Reason::Rejected) && is_cycle(&message, queue.name.as_str()) {
                    continue;
                }
                self.enqueue(id, message.clone());
            }
        }
    }
}
