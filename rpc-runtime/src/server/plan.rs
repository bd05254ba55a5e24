//! Everything a server needs but a connection: made once, used for every connection that it ever has.

use std::{sync::Arc, time::Duration};

use super::{admit::Conditions, queue::Declare, routes::Routes, stats::Counters};
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
    /// What this queue needs on the broker, of all that the server does.
    pub(super) topology: Topology,
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
        let declaring = self.topology.declare(connection, self.declare != Declare::All);
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
}
