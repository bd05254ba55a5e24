//! Everything a server needs but a connection: made once, used for every connection that it ever has.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    admit::Conditions, failure_log::FailureLog, queue::Declare, routes::Routes, run::Patience,
    stats::Counters,
};
use crate::{
    amqp::{Connection, Topology, TopologyError, Touch},
    error::BrokerError,
};

/// A server that only needs a connection.
#[derive(Debug)]
pub(super) struct Plan {
    /// In alphabetical order, each followed by its overflow where it has one.
    pub(super) queues: Vec<Arc<PlannedQueue>>,
    pub(super) topology: Topology,
    pub(super) declare: Declare,
    pub(super) concurrency: u16,
    pub(super) conditions: Conditions,
    pub(super) max_reply_bytes: usize,
    pub(super) exposes_panics: bool,
    pub(super) failures: Arc<FailureLog>,
    pub(super) patience: Patience,
    pub(super) counters: Arc<Counters>,
    pub(super) drain_timeout: Duration,
}

/// One queue that the server consumes.
#[derive(Debug)]
pub(super) struct PlannedQueue {
    pub(super) name: String,
    pub(super) routes: Routes,
    pub(super) concurrency: u16,
    pub(super) declare: Declare,
    /// The queue whose overflow this is: its requests are answered `overloaded`.
    pub(super) overflow_of: Option<String>,
    pub(super) topology: QueueTopology,
}

/// What one queue needs on the broker, of all that the server does, and whether it is suspected of refusing its consumer.
#[derive(Debug)]
pub(super) struct QueueTopology {
    needed: Topology,
    suspected: AtomicBool,
}

impl From<Topology> for QueueTopology {
    fn from(needed: Topology) -> Self {
        Self { needed, suspected: AtomicBool::new(false) }
    }
}

impl Plan {
    /// Makes sure of exchanges, queues and bindings, as far as the server may.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<(), TopologyError> {
        match self.declare {
            Declare::All => self.topology.declare(connection, false).await,
            Declare::Passive => self.topology.declare(connection, true).await,
            Declare::None => Ok(()),
        }
    }
}

impl PlannedQueue {
    /// Makes the queue again, or where others declare it, checks that it is there: consuming a queue that is missing would close
    /// the channel, and end the consumers of all others.
    ///
    /// A queue that hangs, as one of a cluster does that has no leader, must not hold up the others: it has `patience` to answer, and is
    /// refused then.
    pub(super) async fn declare(
        &self,
        connection: &Connection,
        patience: Duration,
    ) -> Result<(), TopologyError> {
        let declaring = self.topology.needed.declare(connection, self.declare != Declare::All);
        match tokio::time::timeout(patience, declaring).await {
            Ok(declared) => declared,
            Err(_) => {
                // Its channel is of no more use.
                connection.count_spent_channel();
                let source = BrokerError::new(None, "the broker did not answer in time");
                Err(TopologyError { touch: Touch::DeclareQueue, name: self.name.clone(), source })
            }
        }
    }

    /// Whether the channel that all queues share was last lost when this one was to be consumed: its permission was taken away, or another
    /// has it for itself. Outlives the connection, so that the next one is not lost in the same way.
    pub(super) fn is_suspected(&self) -> bool {
        self.topology.suspected.load(Ordering::Relaxed)
    }

    pub(super) fn suspect(&self, suspected: bool) {
        self.topology.suspected.store(suspected, Ordering::Relaxed);
    }
}
