//! Routes messages through exchanges to queues.

use std::collections::HashSet;

use amq_protocol::types::ShortString;

use crate::{exchange::Destination, ids::QueueId, message::Message, vhost::VhostState};

impl VhostState {
    /// The queues that a message is routed to, each once.
    pub(in crate::vhost) fn route(
        &self,
        exchange: &ShortString,
        keys: &[ShortString],
        message: &Message,
    ) -> Vec<QueueId> {
        let mut queues: Vec<_> = if exchange.as_str().is_empty() {
            keys.iter().filter_map(|key| self.queue_names.get(key).copied()).collect()
        } else {
            self.route_from(exchange, keys, message)
        };
        if queues.len() > 1 {
            queues.sort_unstable();
            queues.dedup();
        }
        queues
    }

    fn route_from(&self, exchange: &ShortString, keys: &[ShortString], message: &Message) -> Vec<QueueId> {
        let mut headers = || message.properties.headers().ok().flatten();
        let mut queues = Vec::new();
        let mut visited = HashSet::new();
        let mut to_visit = vec![exchange.clone()];
        while let Some(name) = to_visit.pop() {
            if !visited.insert(name.clone()) {
                continue;
            }
            let Some(exchange) = self.exchanges.get(&name) else { continue };
            let mut found = Vec::new();
            for key in keys {
                exchange.route(key.as_str(), &mut headers, &mut found);
            }
            if found.is_empty() {
                to_visit.extend(exchange.alternate().map(ShortString::from));
            }
            for destination in found {
                match destination {
                    Destination::Queue(name) => queues.extend(self.queue_names.get(&name).copied()),
                    Destination::Exchange(name) => to_visit.push(name),
                }
            }
        }
        queues
    }
}
