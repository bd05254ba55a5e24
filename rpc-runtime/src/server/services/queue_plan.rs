//! The plan of one queue: its routes, its limit, and its declaration.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{routes::Routes, served_dialect::ServedDialect};
use crate::{
    server::topology::{
        DeadLetterQueue, PartitionOf, QueueDeclaration, new_listener_queue, new_reflection_queue,
    },
    wire::namespace::Namespace,
};

/// One queue that the server consumes.
#[derive(Debug)]
pub(crate) struct QueuePlan {
    /// Identifies the queue over all connections.
    pub(crate) key: String,
    pub(crate) kind: QueueKind,
    pub(crate) routes: Routes,
    pub(crate) concurrency: u16,
    /// The calls that may wait for locks, if a method has one.
    pub(crate) max_parked: Option<u16>,
    /// The queue whose overflow this is: its requests are answered `overloaded`.
    pub(crate) overflow_of: Option<String>,
    /// Set for a queue that is one of the partitions of another: its calls hold a lock.
    pub(crate) partition: Option<PartitionOf>,
    pub(crate) declaration: QueueDeclaration,
    /// The dialect of its requests; `None` for the protocol of this library.
    pub(crate) dialect: Option<Arc<ServedDialect>>,
    /// Where its failed messages are kept, if this server declares that.
    pub(crate) dead_letters: Option<DeadLetterQueue>,
    /// See [`is_consume_denied`](Self::is_consume_denied).
    pub(crate) consume_denied: AtomicBool,
}

/// The content of a queue, and its consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueKind {
    /// Requests, for all servers of a service.
    Requests,
    /// Events, for all members of a group.
    Group,
    /// Events, for this connection alone.
    Listener,
    /// Requests to every server, for this connection alone.
    Reflection,
}

impl QueueKind {
    pub(crate) fn is_of_events(self) -> bool {
        matches!(self, Self::Group | Self::Listener)
    }

    /// Whether the queue ends with its connection, and only that can use it.
    pub(crate) fn is_exclusive(self) -> bool {
        matches!(self, Self::Listener | Self::Reflection)
    }
}

impl QueuePlan {
    /// The queue's name on the broker. An exclusive queue has another one on every connection.
    pub(crate) fn name(&self) -> &str {
        &self.declaration.name
    }

    /// How many requests the broker delivers before the first is settled: those that run, and those that wait for
    /// locks beside them.
    pub(crate) fn prefetch(&self) -> u16 {
        // Their sum was checked when the server started.
        self.concurrency.saturating_add(self.max_parked.unwrap_or(0))
    }

    /// The same queue, for a new connection.
    pub(crate) fn for_connection(self: &Arc<Self>, namespace: &Namespace) -> Arc<Self> {
        self.named(|| match self.kind {
            QueueKind::Reflection => new_reflection_queue(namespace),
            _ => new_listener_queue(namespace),
        })
    }

    /// The same queue under the name that a connection has for it.
    pub(crate) fn named(self: &Arc<Self>, name: impl FnOnce() -> String) -> Arc<Self> {
        if !self.kind.is_exclusive() {
            return Arc::clone(self);
        }
        Arc::new(Self {
            key: self.key.clone(),
            kind: self.kind,
            routes: self.routes.clone(),
            concurrency: self.concurrency,
            max_parked: self.max_parked,
            overflow_of: None,
            partition: None,
            declaration: self.declaration.renamed(name()),
            dead_letters: None,
            dialect: None,
            consume_denied: AtomicBool::default(),
        })
    }

    /// Returns whether the channel that all queues share was last lost when this queue was to be consumed:
    /// the user may no longer read it, or another consumer has it exclusively. Outlives the connection, so
    /// that the next one is not lost in the same way.
    pub(crate) fn is_consume_denied(&self) -> bool {
        self.consume_denied.load(Ordering::Relaxed) || self.refused_exchange().is_some()
    }

    /// The exchange that its replies go to and that the broker does not let the server publish to: its requests wait for a
    /// server that may.
    pub(crate) fn refused_exchange(&self) -> Option<&str> {
        self.dialect.as_ref()?.refused_exchange.get().map(String::as_str)
    }

    pub(crate) fn set_consume_denied(&self, denied: bool) {
        self.consume_denied.store(denied, Ordering::Relaxed);
    }
}
