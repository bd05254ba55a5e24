//! What stays the same for every connection that a server ever has, and the queues that it consumes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use amqp_rpc_transport::{BrokerError, Connection, Topology, TopologyError, Touch};

use crate::{
    layer::BoxService,
    server::{
        config::{Declare, QueueOptions},
        consume::UNANSWERED,
        log::FailureLog,
        serve::{AdmissionRules, TimeLimits},
        services::Routes,
        stats::Counters,
        topology::new_listener_queue,
    },
    wire::address::Namespace,
};

/// How a server serves, whatever that is at the moment.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) namespace: Namespace,
    pub(crate) layers: ServerLayers,
    /// Of services that say nothing else.
    pub(crate) queue_options: QueueOptions,
    pub(crate) declare: Declare,
    pub(crate) concurrency: u16,
    pub(crate) conditions: AdmissionRules,
    pub(crate) max_reply_bytes: usize,
    pub(crate) exposes_panics: bool,
    pub(crate) failures: Arc<FailureLog>,
    pub(crate) patience: TimeLimits,
    pub(crate) counters: Arc<Counters>,
    pub(crate) drain_timeout: Duration,
}

/// What runs around every call of every service.
#[derive(Default)]
pub(crate) struct ServerLayers(pub(crate) Vec<Box<dyn Fn(BoxService) -> BoxService + Send + Sync>>);

impl ServerLayers {
    pub(crate) fn around(&self, service: BoxService) -> BoxService {
        // The last layer is wrapped around the method first, so that the first one is outermost.
        self.0.iter().rev().fold(service, |service, layer| layer(service))
    }
}

impl fmt::Debug for ServerLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}

/// One queue that the server consumes.
#[derive(Debug)]
pub(crate) struct QueuePlan {
    /// What it is known by over all connections.
    pub(crate) key: String,
    /// Its name on the broker: that of a listener's is another one for every connection.
    pub(crate) name: String,
    pub(crate) kind: QueueKind,
    pub(crate) routes: Routes,
    pub(crate) concurrency: u16,
    pub(crate) declare: Declare,
    /// The queue whose overflow this is: its requests are answered `overloaded`.
    pub(crate) overflow_of: Option<String>,
    pub(crate) topology: QueueTopology,
}

/// Who else has to do with a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueKind {
    Requests,
    /// Of those who share the events that it gathers.
    Group,
    /// Nobody: it goes with the connection.
    Listener,
}

/// What one queue needs on the broker, of all that the server does, and whether it is suspected of refusing its consumer.
#[derive(Debug)]
pub(crate) struct QueueTopology {
    needed: Topology,
    consume_denied: AtomicBool,
}

impl From<Topology> for QueueTopology {
    fn from(needed: Topology) -> Self {
        Self { needed, consume_denied: AtomicBool::new(false) }
    }
}

impl QueueKind {
    pub(crate) fn is_of_events(self) -> bool {
        self != Self::Requests
    }
}

impl QueuePlan {
    /// The queue, for a connection that is new.
    pub(crate) fn for_connection(self: &Arc<Self>, namespace: &Namespace) -> Arc<Self> {
        self.named(|| new_listener_queue(namespace))
    }

    /// The same, under the name that a connection has for it.
    pub(crate) fn named(self: &Arc<Self>, name: impl FnOnce() -> String) -> Arc<Self> {
        if self.kind != QueueKind::Listener {
            return Arc::clone(self);
        }
        let name = name();
        let mut needed = self.topology.needed.clone();
        needed.queues.iter_mut().for_each(|queue| queue.name.clone_from(&name));
        needed.bindings.iter_mut().for_each(|binding| binding.queue.clone_from(&name));
        Arc::new(Self {
            key: self.key.clone(),
            name,
            kind: self.kind,
            routes: self.routes.clone(),
            concurrency: self.concurrency,
            declare: self.declare,
            overflow_of: None,
            topology: needed.into(),
        })
    }

    /// Makes the queue again, or where others declare it, checks that it is there: consuming a queue that is missing would close
    /// the channel, and end the consumers of all others.
    ///
    /// A queue that hangs, as one of a cluster does that has no leader, must not hold up the others: it has `patience` to answer, and is
    /// refused then.
    pub(crate) async fn declare(
        &self,
        connection: &Connection,
        patience: Duration,
    ) -> Result<(), TopologyError> {
        self.declare_of(&self.topology.needed, connection, patience).await
    }

    async fn declare_of(
        &self,
        needed: &Topology,
        connection: &Connection,
        patience: Duration,
    ) -> Result<(), TopologyError> {
        let declaring = needed.declare(connection, self.declare != Declare::All);
        match tokio::time::timeout(patience, declaring).await {
            Ok(declared) => declared,
            Err(_) => {
                // Its channel is of no more use.
                connection.count_spent_channel();
                let source = BrokerError::new(None, UNANSWERED);
                Err(TopologyError { touch: Touch::DeclareQueue, name: self.name.clone(), source })
            }
        }
    }

    /// Binds what was added to a queue that is there.
    pub(crate) async fn bind_more(
        &self,
        connection: &Connection,
        patience: Duration,
    ) -> Result<(), TopologyError> {
        if self.declare != Declare::All {
            return Ok(());
        }
        let Topology { exchanges, bindings, .. } = self.topology.needed.clone();
        let bound = Topology { exchanges, queues: Vec::new(), bindings };
        self.declare_of(&bound, connection, patience).await
    }

    /// Whether the broker refuses to declare it to whom it would not let consume it: with dead letters one must be allowed to read.
    pub(crate) fn shows_when_declared(&self) -> bool {
        const DEAD_LETTERS: &str = "x-dead-letter-exchange";
        let declared = self.topology.needed.queues.iter().find(|queue| queue.name == self.name);
        // One of its connection's own is asked for a message when it is declared.
        self.declare == Declare::All
            && declared.is_some_and(|queue| queue.exclusive || queue.arguments.get(DEAD_LETTERS).is_some())
    }

    /// Whether the channel that all queues share was last lost when this one was to be consumed: its permission was taken away, or another
    /// has it for itself. Outlives the connection, so that the next one is not lost in the same way.
    pub(crate) fn is_consume_denied(&self) -> bool {
        self.topology.consume_denied.load(Ordering::Relaxed)
    }

    pub(crate) fn suspect(&self, consume_denied: bool) {
        self.topology.consume_denied.store(consume_denied, Ordering::Relaxed);
    }
}
