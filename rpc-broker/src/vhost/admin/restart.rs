//! Stops a virtual host with its broker, and keeps what is durable.

use crate::{ids::QueueId, protocol::Outgoing, queue::Queue, vhost::VhostState};

/// The delivery mode of persistent messages.
const PERSISTENT: u8 = 2;

impl VhostState {
    /// Ends all connections, and removes what is not durable: transient queues, exchanges and,
    /// except on LavinMQ, messages.
    pub(crate) fn stop(&mut self, crash: bool) {
        if crash {
            for id in self.stop_deliveries() {
                self.end_connection(id);
            }
            for (_, session) in self.sessions.drain() {
                session.outgoing.send(Outgoing::Reset);
            }
        } else {
            self.close_all("broker forced connection closure with reason 'shutdown'");
        }
        let transient = self.queues.values().filter(|queue| !queue.durable).map(|queue| queue.id);
        for id in transient.collect::<Vec<QueueId>>() {
            self.delete_queue(id);
        }
        let transient =
            self.exchanges.iter().filter(|(_, exchange)| !exchange.durable).map(|(name, _)| name.clone());
        for name in transient.collect::<Vec<_>>() {
            self.remove_exchange(&name);
        }
        if self.like().restarts_as_if_undelivered() {
            self.queues.values_mut().for_each(Queue::forget_deliveries);
            return;
        }
        let memory = &self.shared.memory;
        for queue in self.queues.values_mut() {
            queue.retain(|queued| {
                let persistent = queued.message.properties.delivery_mode() == Some(PERSISTENT);
                if !persistent {
                    memory.subtract(queued.message.size());
                }
                persistent
            });
        }
    }
}
