//! The names that a server makes for queues, and the length that AMQP allows them.

use amqp_rpc_transport::{Topology, limits::MAX_SHORT_STRING_BYTES};
use uuid::Uuid;

use crate::{error::StartError, wire::namespace::Namespace};

/// The exchange that rejected requests of all services go to.
pub(super) const DEAD_LETTER_EXCHANGE: &str = "amqp-rpc.dead";

/// The beginning of the names of listeners' queues.
const LISTENER_QUEUES: &str = "amqp-rpc.events.";

/// The beginning of the names of the queues of reflection.
const REFLECTION_QUEUES: &str = "amqp-rpc.reflection.";

/// The queue of dead letters of `queue`.
pub(super) fn dead_letters_of(queue: &str) -> String {
    format!("{queue}.dead")
}

/// The queue for requests that `queue` has no room for.
pub(crate) fn overflow_of(queue: &str) -> String {
    format!("{queue}.overflow")
}

/// The queue of a group that receives events of `service`.
pub(crate) fn group_queue(service: &str, group: &str, namespace: &Namespace) -> String {
    namespace.queue(&format!("{service}.events.{group}")).into_owned()
}

/// A new name for a listener's queue. Every connection needs another one: the broker may not have noticed yet
/// that the last connection is gone, and would refuse its exclusive queue.
pub(crate) fn new_listener_queue(namespace: &Namespace) -> String {
    namespace.queue(&format!("{LISTENER_QUEUES}{}", Uuid::new_v4())).into_owned()
}

/// A new name for the queue of the requests to every server, for the same reason.
pub(crate) fn new_reflection_queue(namespace: &Namespace) -> String {
    namespace.queue(&format!("{REFLECTION_QUEUES}{}", Uuid::new_v4())).into_owned()
}

/// Returns the topology unless AMQP cannot hold one of its names.
pub(super) fn with_short_names(topology: Topology) -> Result<Topology, StartError> {
    let queues = topology.queues.iter().map(|queue| &queue.name);
    let mut names = queues.chain(topology.exchanges.iter().map(|exchange| &exchange.name));
    match names.find(|name| name.len() > MAX_SHORT_STRING_BYTES) {
        Some(name) => Err(StartError::InvalidOption(format!(
            "`{name}` has more than AMQP's {MAX_SHORT_STRING_BYTES} bytes; shorten the namespace, or the name it was made from"
        ))),
        None => Ok(topology),
    }
}
