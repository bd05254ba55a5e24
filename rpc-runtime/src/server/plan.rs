//! Everything a server needs but a connection: made once, used for every connection that it ever has.

use std::{sync::Arc, time::Duration};

use super::{admit::Conditions, queue::Declare, routes::Routes, stats::Counters};
use crate::amqp::{Connection, Topology, TopologyError};

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
    pub(super) async fn declare(&self, connection: &Connection) -> Result<(), TopologyError> {
        self.topology.declare(connection, self.declare != Declare::All).await
    }
}
