//! The names of partitions on the broker: queues, and the routing keys that lead to them.

use std::borrow::Cow;

use super::namespace::Namespace;
use crate::{
    contract::MethodDef,
    message::{Partition, cluster_lock},
};

/// The partition's queue beside `queue`, which is the queue of its methods.
pub(crate) fn partition_queue(queue: &str, partition: Partition) -> String {
    format!("{queue}.lock.{partition}")
}

/// The queue that keeps the fencing token of the partitions of `queue`.
pub(crate) fn token_queue(queue: &str) -> String {
    format!("{queue}.lock.token")
}

/// Returns whether `queue` is a partition of `of`, or the queue itself.
pub(crate) fn is_of_queue(queue: &str, of: &str) -> bool {
    queue.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(".lock."))
}

/// The routing key of the method's requests for a partition. On the default exchange it is the partition's queue.
pub(crate) fn partition_key(method: &MethodDef, partition: Partition, namespace: &Namespace) -> String {
    if method.exchange.is_empty() {
        partition_queue(&namespace.queue(method.queue), partition)
    } else {
        format!("{}.{partition}", method.routing_key)
    }
}

/// The queue that a request with this routing key waits in, without the namespace.
pub(crate) fn queue_of_request<'m>(method: &'m MethodDef, routing_key: &str) -> Cow<'m, str> {
    match (cluster_lock(method), routing_key.rsplit_once('.')) {
        (Some(_), Some((_, partition))) => Cow::Owned(format!("{}.lock.{partition}", method.queue)),
        _ => Cow::Borrowed(method.queue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::LockDef;

    const STOP: MethodDef =
        MethodDef::new("clusters", "clusters.stop").lock(LockDef::new("clusters").cluster(16));
    const BY_QUEUE: MethodDef = STOP.exchange("").routing_key("stops").queue("stops");

    #[test]
    fn a_key_leads_to_the_partition_s_queue() {
        let partition = Partition::of_key("7", 16);
        let none = Namespace::default();
        assert_eq!(partition_queue("clusters", partition), "clusters.lock.2-of-16");
        assert_eq!(partition_key(&STOP, partition, &none), "clusters.stop.2-of-16");
        let staging = Namespace::parse("staging").unwrap();
        assert_eq!(partition_key(&STOP, partition, &staging), "clusters.stop.2-of-16");
        assert_eq!(partition_key(&BY_QUEUE, partition, &staging), "staging.stops.lock.2-of-16");
    }

    #[test]
    fn the_queue_of_a_request_is_known_from_its_key() {
        assert_eq!(queue_of_request(&STOP, "clusters.stop.2-of-16"), "clusters.lock.2-of-16");
        assert_eq!(queue_of_request(&BY_QUEUE, "staging.stops.lock.2-of-16"), "stops.lock.2-of-16");
        let unlocked = MethodDef::new("clusters", "clusters.list");
        assert_eq!(queue_of_request(&unlocked, "clusters.list"), "clusters");
    }

    #[test]
    fn a_partition_belongs_to_its_queue() {
        for (queue, of, is_of) in [
            ("clusters", "clusters", true),
            ("clusters.lock.2-of-16", "clusters", true),
            ("clusters.dead", "clusters", false),
            ("clusters2", "clusters", false),
        ] {
            assert_eq!(is_of_queue(queue, of), is_of, "{queue}");
        }
    }
}
