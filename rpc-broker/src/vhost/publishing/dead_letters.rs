//! Discards messages, and publishes dead letters.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    dead_letter::{DeadLetter, Reason, dead_letter, is_cycle, routing_keys, without_bcc},
    ids::QueueId,
    queue::Queued,
    vhost::VhostState,
};

/// The dead letters that are published at most before the next command is handled.
const MAX_PER_COMMAND: usize = 1_000;

impl VhostState {
    /// Removes a message from its queue for good, and dead-letters it.
    pub(in crate::vhost) fn discard(&mut self, id: QueueId, queued: Queued, reason: Reason) {
        self.shared.memory.subtract(queued.message.size());
        self.dead_letter(id, &queued, reason);
    }

    /// Dead-letters a message if its queue has a dead-letter exchange. It is published after the request that
    /// caused it.
    pub(in crate::vhost) fn dead_letter(&mut self, id: QueueId, queued: &Queued, reason: Reason) {
        let Some(queue) = self.queues.get(&id) else { return };
        let Some(exchange) = queue.arguments.dead_letter_exchange.clone() else { return };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let routing_key = queue.arguments.dead_letter_routing_key.as_ref();
        let message =
            dead_letter(&queued.message, reason, queue.name.as_str(), seconds, &exchange, routing_key);
        self.dead_letters.push_back(DeadLetter { exchange, message, reason });
    }

    /// Publishes dead letters, and those that they cause, up to a limit: there are cycles that the history
    /// does not show. A message that would be routed in a cycle without a rejection is dropped.
    pub(in crate::vhost) fn publish_dead_letters(&mut self) {
        for _ in 0..MAX_PER_COMMAND {
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
