//! Declares a topology as the broker can have it, and as an earlier version may have left it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use amqp_rpc_transport::{
    Broker, Connection, ExchangeKind, Operation, Queue, Reason, Topology, TopologyError,
    reply_code::ACCESS_REFUSED,
};

use super::side_queues::{ALL_WITH_X, DEAD_LETTER_EXCHANGE, DEAD_LETTER_KEY, is_overflow_key};

/// The argument that says what a full queue does, and two of its values.
const OVERFLOW: &str = "x-overflow";
const REJECT_PUBLISH_DLX: &str = "reject-publish-dlx";
const REJECT_PUBLISH: &str = "reject-publish";

/// The bounded queues that version 0.1.0 declared: their arguments cannot be changed. Clones share the list,
/// which outlives connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeclaredBefore(Arc<Mutex<BTreeSet<String>>>);

impl DeclaredBefore {
    /// Declares `topology`, or with `passive` checks that its exchanges and queues exist.
    ///
    /// An exchange that the user may not look up is not checked. RabbitMQ since 4.3 refuses that without any
    /// permission on the exchange, and a server that binds nothing needs none.
    ///
    /// Where a bounded queue is refused for its arguments, it is declared as version 0.1.0 did.
    ///
    /// # Errors
    /// The first refusal.
    pub(crate) async fn declare(
        &self,
        topology: &Topology,
        connection: &Connection,
        passive: bool,
    ) -> Result<(), TopologyError> {
        let mut topology = fitted(topology.clone(), connection.broker());
        let mut refused: Vec<TopologyError> = Vec::new();
        loop {
            let Err(error) = self.applied_to(&topology).declare(connection, passive).await else {
                refused.iter().for_each(|refused| self.log(&refused.name));
                return Ok(());
            };
            if passive && let Some(denied) = position_of_denied_exchange(&topology, &error) {
                tracing::info!(
                    exchange = &*error.name,
                    error = %error.source,
                    "the user may not look up the exchange: whether it exists is not checked"
                );
                // Those before it exist.
                topology.exchanges.drain(..=denied);
                continue;
            }
            let is_mismatch =
                error.operation == Operation::DeclareQueue && error.source.reason() == Reason::Mismatch;
            if !is_mismatch || !is_bounded(&topology, &error.name) {
                return Err(error);
            }
            let earlier = refused.iter().position(|refused| refused.name == error.name);
            self.toggle(&error.name);
            match earlier {
                // It is neither. The first refusal is about the arguments that the user knows.
                Some(earlier) => return Err(refused.swap_remove(earlier)),
                None => refused.push(error),
            }
        }
    }

    /// Returns whether `queue` has the arguments of version 0.1.0.
    fn contains(&self, queue: &str) -> bool {
        self.queues().contains(queue)
    }

    fn applied_to(&self, topology: &Topology) -> Topology {
        let mut topology = topology.clone();
        let before = self.queues();
        let by_headers = topology.exchanges.iter().find(|exchange| exchange.kind == ExchangeKind::Headers);
        let Some(dead_exchange) = by_headers.map(|exchange| exchange.name.clone()) else { return topology };
        for queue in topology.queues.iter_mut().filter(|queue| before.contains(&queue.name)) {
            let arguments = std::mem::take(&mut queue.arguments);
            queue.arguments = arguments.into_iter().filter(|(name, _)| name != DEAD_LETTER_KEY).collect();
            queue.arguments.insert(DEAD_LETTER_EXCHANGE, dead_exchange.as_str());
        }
        topology
    }

    fn toggle(&self, queue: &str) {
        let mut queues = self.queues();
        if !queues.remove(queue) {
            queues.insert(queue.to_owned());
        }
    }

    fn log(&self, queue: &str) {
        if self.contains(queue) {
            tracing::info!(
                queue,
                "the queue has the arguments of version 0.1: a call that was dead-lettered elsewhere before gets no answer when it is full; to change that, stop its servers, delete it when it is empty, and start them"
            );
        }
    }

    fn queues(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The exchange that the broker denied, if it is one of `topology`.
fn position_of_denied_exchange(topology: &Topology, error: &TopologyError) -> Option<usize> {
    let is_denied =
        error.operation == Operation::DeclareExchange && error.source.code() == Some(ACCESS_REFUSED);
    topology.exchanges.iter().position(|exchange| is_denied && exchange.name == error.name)
}

/// Returns whether the queue dead-letters to its overflow by name, as version 0.1.0 did not.
fn is_bounded(topology: &Topology, queue: &str) -> bool {
    let declared = topology.queues.iter().find(|declared| declared.name == queue);
    let key = declared.and_then(|queue| queue.arguments.text(DEAD_LETTER_KEY));
    key.is_some_and(|key| is_overflow_key(key, queue))
}

/// The part of `topology` that the broker can have.
///
/// Where a headers exchange cannot compare headers that begin with `x-`, nothing is bound to the one for dead
/// letters: the server publishes those of its methods itself, and expired requests vanish there as elsewhere.
///
/// Where a full queue cannot dead-letter what it refuses, it only refuses it, and the broker returns requests
/// to their callers. The overflow still takes what expires or is rejected.
fn fitted(mut topology: Topology, broker: Broker) -> Topology {
    if !broker.has_all_with_x() {
        topology.bindings.retain(|binding| binding.arguments.text("x-match") != Some(ALL_WITH_X));
    }
    if !broker.has_reject_publish_dlx() {
        let refusing = |queue: &&mut Queue| queue.arguments.text(OVERFLOW) == Some(REJECT_PUBLISH_DLX);
        for queue in topology.queues.iter_mut().filter(refusing) {
            queue.arguments.insert(OVERFLOW, REJECT_PUBLISH);
        }
    }
    topology
}

#[cfg(test)]
mod tests {
    use amqp_rpc_transport::{Binding, Headers};

    use super::*;

    #[test]
    fn nothing_is_bound_by_headers_where_the_broker_refuses_it() {
        let binding = |arguments: Headers| Binding {
            queue: "fib".into(),
            exchange: "amqp-rpc".into(),
            routing_key: "fib.compute".into(),
            arguments,
        };
        let by_headers = binding([("x-match", ALL_WITH_X)].into_iter().collect());
        let topology =
            Topology { bindings: vec![binding(Headers::new()), by_headers], ..Topology::default() };
        assert_eq!(fitted(topology, Broker::Other).bindings, [binding(Headers::new())]);
    }

    #[test]
    fn a_full_queue_only_refuses_where_it_cannot_dead_letter_what_it_refuses() {
        let overflow = |value: &str| {
            let arguments = [("x-max-length", "5"), (OVERFLOW, value)].into_iter().collect();
            let queue = Queue::durable("fib", arguments);
            let topology = Topology { queues: vec![queue], ..Topology::default() };
            fitted(topology, Broker::Other).queues[0].arguments.text(OVERFLOW).map(str::to_owned)
        };
        assert_eq!(overflow(REJECT_PUBLISH_DLX).as_deref(), Some(REJECT_PUBLISH));
        assert_eq!(overflow("drop-head").as_deref(), Some("drop-head"));
    }
}
