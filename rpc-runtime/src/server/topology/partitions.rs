//! The queues of methods that are locked in a cluster: one for each partition of the keys, and one for the fencing
//! tokens.

use std::collections::{BTreeMap, BTreeSet};

use amqp_rpc_transport::{Queue, Topology};

use super::side_queues::bind_dead_letters;
use crate::{
    contract::MethodDef,
    error::StartError,
    message::{Partition, cluster_lock},
    server::config::{QueueOptions, SINGLE_ACTIVE_CONSUMER},
    wire::{
        namespace::Namespace,
        partition::{partition_key, partition_queue, token_queue},
    },
};

/// A queue that requests of a method come through.
pub(crate) struct RequestQueue {
    pub(crate) name: String,
    pub(crate) routing_key: String,
    /// Set for a queue that is one of the partitions of another.
    pub(crate) partition: Option<PartitionOf>,
}

/// A queue as a partition of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartitionOf {
    /// The key of the queue that its methods name.
    pub(crate) queue: String,
    pub(crate) partition: Partition,
}

/// The queues that requests of a method come through: the one that it names, and then its partitions.
pub(crate) fn request_queues(method: &MethodDef, namespace: &Namespace) -> Vec<RequestQueue> {
    let queue = namespace.queue(method.queue).into_owned();
    let routing_key = namespace.routing_key(method).into_owned();
    let mut queues = vec![RequestQueue { name: queue.clone(), routing_key, partition: None }];
    if let Some(lock) = cluster_lock(method) {
        queues.extend(Partition::all(lock.partitions).map(|partition| RequestQueue {
            name: partition_queue(&queue, partition),
            routing_key: partition_key(method, partition, namespace),
            partition: Some(PartitionOf { queue: queue.clone(), partition }),
        }));
    }
    queues
}

/// The locks of all services, with the queues of their methods.
#[derive(Default)]
pub(super) struct ClusterLocks {
    /// Queue and partitions by the names of service and lock.
    locks: BTreeMap<(&'static str, &'static str), (String, u16)>,
    /// The numbers of partitions of each queue.
    partitions: BTreeMap<String, BTreeSet<u16>>,
}

impl ClusterLocks {
    /// # Errors
    /// `InvalidOption` when methods that share a lock do not share their partitions: they would not exclude each
    /// other.
    pub(super) fn add(&mut self, method: &MethodDef, queue: &str) -> Result<(), StartError> {
        let Some(lock) = cluster_lock(method) else { return Ok(()) };
        let partitions = (queue.to_owned(), lock.partitions);
        let declared = self.locks.entry((method.service, lock.name)).or_insert_with(|| partitions.clone());
        if *declared != partitions {
            return Err(StartError::InvalidOption(format!(
                "the methods of the lock `{}` of `{}` must have one queue and one number of partitions, or they do not exclude each other: `{}` has queue `{queue}` with {} partitions, another has `{}` with {}",
                lock.name, method.service, method.full_name, lock.partitions, declared.0, declared.1
            )));
        }
        self.partitions.entry(partitions.0).or_default().insert(partitions.1);
        Ok(())
    }

    /// Adds the partitions of a queue, which are declared as `queue` is, and share its dead letters and its overflow.
    pub(super) fn add_partitions(
        &self,
        topology: &mut Topology,
        queue: &Queue,
        options: &QueueOptions,
        dead_exchange: &str,
    ) {
        let Some(partitions) = self.partitions.get(&queue.name) else { return };
        for partition in partitions.iter().flat_map(|count| Partition::all(*count)) {
            let name = partition_queue(&queue.name, partition);
            let mut arguments = queue.arguments.clone();
            arguments.insert(SINGLE_ACTIVE_CONSUMER, true);
            if options.has_dead_letters() {
                bind_dead_letters(topology, &name, &queue.name, dead_exchange);
            }
            topology.queues.push(Queue { name, arguments, ..queue.clone() });
        }
        let (name, arguments) = (token_queue(&queue.name), options.arguments_for_counter());
        topology.queues.push(Queue { name, arguments, ..queue.clone() });
    }
}
