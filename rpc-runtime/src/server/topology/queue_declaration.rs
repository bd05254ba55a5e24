//! Declares one queue, with everything that belongs to it, or checks that it exists.

use std::time::Duration;

use amqp_rpc_transport::{Connection, Exchange, Operation, Topology, TopologyError};

use super::{
    compatibility::DeclaredBefore,
    names::{dead_letters_of, overflow_of},
    refusals::no_answer,
};
use crate::server::config::Declare;

/// The part of a topology that one queue needs.
#[derive(Clone, Debug)]
pub(crate) struct QueueDeclaration {
    /// The queue's name on the broker.
    pub(crate) name: String,
    declare: Declare,
    needed: Topology,
    before: DeclaredBefore,
}

impl QueueDeclaration {
    pub(crate) fn new(name: String, declare: Declare, needed: Topology) -> Self {
        Self { name, declare, needed, before: DeclaredBefore::default() }
    }

    /// The part of a server's topology that `queue` needs: nothing but the queue itself where other programs
    /// declare it. With `overflow_of` the queue is the overflow of that one, and needs the same.
    pub(crate) fn part_of(
        topology: &Topology,
        queue: String,
        overflow_of: Option<&str>,
        declare: Declare,
        before: DeclaredBefore,
    ) -> Self {
        let needed = needed_by(topology, overflow_of.unwrap_or(&queue), declare);
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
    let bindings: Vec<_> = match declare {
        Declare::All => topology.bindings.iter().filter(|binding| needed(&binding.queue)).cloned().collect(),
        Declare::Passive | Declare::None => Vec::new(),
    };
    let bound = |exchange: &&Exchange| bindings.iter().any(|binding| binding.exchange == exchange.name);
    Topology {
        exchanges: topology.exchanges.iter().filter(bound).cloned().collect(),
        queues: topology.queues.iter().filter(|queue| needed(&queue.name)).cloned().collect(),
        bindings,
    }
}
