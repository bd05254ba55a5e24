//! Declares one queue, with everything that belongs to it, or checks that it exists.

use std::time::Duration;

use amqp_rpc_transport::{Binding, Connection, Exchange, Operation, Topology, TopologyError};

use super::{
    compatibility::DeclaredBefore,
    names::{dead_letters_of, overflow_of},
    refusals::no_answer,
    side_queues::FIRST_DEATH_QUEUE,
};
use crate::{server::config::Declare, wire::partition::token_queue};

/// The part of a topology that one queue needs.
#[derive(Clone, Debug)]
pub(crate) struct QueueDeclaration {
    /// The queue's name on the broker.
    pub(crate) name: String,
    declare: Declare,
    needed: Topology,
    before: DeclaredBefore,
}

/// What a queue is to another one that the same methods have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relation<'a> {
    None,
    /// It needs the same as the full queue.
    OverflowOf(&'a str),
    /// It shares the dead letters of that queue, and the fencing tokens of its partitions.
    PartitionOf(&'a str),
}

impl<'a> Relation<'a> {
    /// The queue whose dead letters are those of `queue` as well.
    pub(crate) fn keeper_of_dead_letters(self, queue: &'a str) -> &'a str {
        match self {
            Self::None => queue,
            Self::OverflowOf(keeper) | Self::PartitionOf(keeper) => keeper,
        }
    }
}

impl QueueDeclaration {
    pub(crate) fn new(name: String, declare: Declare, needed: Topology) -> Self {
        Self { name, declare, needed, before: DeclaredBefore::default() }
    }

    /// The part of a server's topology that `queue` needs: nothing but the queue itself where other programs
    /// declare it.
    pub(crate) fn part_of(
        topology: &Topology,
        queue: String,
        relation: Relation<'_>,
        declare: Declare,
        before: DeclaredBefore,
    ) -> Self {
        let needed = match relation {
            Relation::None => needed_by(topology, &queue, declare),
            Relation::OverflowOf(full) => needed_by(topology, full, declare),
            Relation::PartitionOf(of) => needed_by_partition(topology, &queue, of, declare),
        };
        Self { name: queue, declare, needed, before }
    }

    /// The same declaration for a queue of another name.
    pub(crate) fn renamed(&self, name: String) -> Self {
        let mut needed = self.needed.clone();
        needed.queues.iter_mut().for_each(|queue| queue.name.clone_from(&name));
        needed.bindings.iter_mut().for_each(|binding| binding.queue.clone_from(&name));
        Self { name, declare: self.declare, needed, before: self.before.clone() }
    }

    /// Declares the queue, or where other programs declare it, checks that it exists: consuming a queue that
    /// is missing would close the channel, and end the consumers of all other queues.
    ///
    /// A queue may hang, as one of a cluster does that has no leader. It must not delay the others: without
    /// an answer within `timeout` it counts as refused.
    pub(crate) async fn declare(
        &self,
        connection: &Connection,
        timeout: Duration,
    ) -> Result<(), TopologyError> {
        self.declare_topology(&self.needed, connection, timeout).await
    }

    /// Binds what was added to a queue that exists.
    pub(crate) async fn bind(&self, connection: &Connection, timeout: Duration) -> Result<(), TopologyError> {
        if self.declare != Declare::All {
            return Ok(());
        }
        let Topology { exchanges, bindings, .. } = self.needed.clone();
        let bound = Topology { exchanges, queues: Vec::new(), bindings };
        self.declare_topology(&bound, connection, timeout).await
    }

    /// Its bindings that `other` does not have.
    pub(crate) fn bindings_without(&self, other: &Self) -> Vec<Binding> {
        let kept = &other.needed.bindings;
        self.needed.bindings.iter().filter(|binding| !kept.contains(binding)).cloned().collect()
    }

    async fn declare_topology(
        &self,
        needed: &Topology,
        connection: &Connection,
        timeout: Duration,
    ) -> Result<(), TopologyError> {
        let passive = self.declare != Declare::All;
        let declaring = self.before.declare(needed, connection, passive);
        match tokio::time::timeout(timeout, declaring).await {
            Ok(declared) => declared,
            Err(_) => {
                // The channel that waits for the answer cannot be used again.
                connection.count_leaked_channel();
                Err(TopologyError {
                    operation: Operation::DeclareQueue,
                    name: self.name.clone(),
                    source: no_answer(),
                })
            }
        }
    }

    /// Returns whether the broker refuses the declaration to a user who may not consume the queue: declaring
    /// dead letters needs the permission to read the queue.
    pub(crate) fn needs_read_permission(&self) -> bool {
        const DEAD_LETTERS: &str = "x-dead-letter-exchange";
        let declared = self.needed.queues.iter().find(|queue| queue.name == self.name);
        // An exclusive queue is new, and is asked for a message when it is declared.
        self.declare == Declare::All
            && declared.is_some_and(|queue| queue.exclusive || queue.arguments.get(DEAD_LETTERS).is_some())
    }
}

fn needed_by(topology: &Topology, queue: &str, declare: Declare) -> Topology {
    let dead_queue = dead_letters_of(queue);
    let overflow = overflow_of(queue);
    let needed =
        |name: &str| name == queue || (declare == Declare::All && (name == dead_queue || name == overflow));
    // Its partitions bind their dead letters themselves.
    let is_own = |binding: &Binding| first_death(binding).is_none_or(|of| of == queue);
    part_of(topology, needed, is_own, declare)
}

fn needed_by_partition(topology: &Topology, queue: &str, of: &str, declare: Declare) -> Topology {
    let (dead_queue, tokens) = (dead_letters_of(of), token_queue(of));
    let needed =
        |name: &str| name == queue || name == tokens || (declare == Declare::All && name == dead_queue);
    let is_own =
        |binding: &Binding| binding.queue == queue || first_death(binding).is_some_and(|of| of == queue);
    part_of(topology, needed, is_own, declare)
}

/// The queue whose dead letters take this binding.
fn first_death(binding: &Binding) -> Option<&str> {
    binding.arguments.text(FIRST_DEATH_QUEUE)
}

fn part_of(
    topology: &Topology,
    needed: impl Fn(&str) -> bool,
    is_own: impl Fn(&Binding) -> bool,
    declare: Declare,
) -> Topology {
    let taken = |binding: &&Binding| needed(&binding.queue) && is_own(binding);
    let bindings: Vec<_> = match declare {
        Declare::All => topology.bindings.iter().filter(taken).cloned().collect(),
        Declare::Passive | Declare::None => Vec::new(),
    };
    let bound = |exchange: &&Exchange| bindings.iter().any(|binding| binding.exchange == exchange.name);
    Topology {
        exchanges: topology.exchanges.iter().filter(bound).cloned().collect(),
        queues: topology.queues.iter().filter(|queue| needed(&queue.name)).cloned().collect(),
        bindings,
    }
}
