//! Who served a queue when a call to it failed.

use std::fmt;

use amqp_rpc_transport::QueueStatus;

/// Who serves a method's queue, as the broker saw it shortly before a call to it timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Served {
    /// There is no such queue (any more).
    NoQueue,
    /// The queue is there, and nobody consumes it.
    #[non_exhaustive]
    ByNobody {
        /// How many requests wait in it.
        waiting: u32,
    },
    /// Somebody consumes it: a server that is slow, stuck or busy with others.
    #[non_exhaustive]
    By {
        /// How many consumers there are.
        consumers: u32,
        /// How many requests wait in the queue.
        waiting: u32,
    },
}

impl From<Option<QueueStatus>> for Served {
    fn from(status: Option<QueueStatus>) -> Self {
        match status {
            None => Self::NoQueue,
            Some(QueueStatus { consumers: 0, waiting }) => Self::ByNobody { waiting },
            Some(QueueStatus { consumers, waiting }) => Self::By { consumers, waiting },
        }
    }
}

/// So many requests wait.
pub(super) struct Waiting(pub(super) u32);

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("no request waits"),
            1 => f.write_str("1 request waits"),
            several => write!(f, "{several} requests wait"),
        }
    }
}
