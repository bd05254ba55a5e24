//! The state of a queue when a call to it timed out.

use std::fmt;

use amqp_rpc_transport::QueueStatus;

/// The consumers of a method's queue, as the broker saw it shortly before a call to the method timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueueState {
    /// The queue does not exist, or no longer.
    Missing,
    /// The queue exists, and has no consumer.
    #[non_exhaustive]
    NoConsumer {
        /// The number of requests in the queue.
        waiting: u32,
    },
    /// The queue has consumers: a server is slow, stuck or busy with other calls.
    #[non_exhaustive]
    Consumed {
        /// The number of consumers.
        consumers: u32,
        /// The number of requests in the queue.
        waiting: u32,
    },
}

impl QueueState {
    /// The number of requests in the queue.
    pub(crate) fn waiting(self) -> u32 {
        match self {
            Self::Missing => 0,
            Self::NoConsumer { waiting } | Self::Consumed { waiting, .. } => waiting,
        }
    }
}

impl From<Option<QueueStatus>> for QueueState {
    fn from(status: Option<QueueStatus>) -> Self {
        match status {
            None => Self::Missing,
            Some(QueueStatus { consumers: 0, waiting }) => Self::NoConsumer { waiting },
            Some(QueueStatus { consumers, waiting }) => Self::Consumed { consumers, waiting },
        }
    }
}

/// Shows a number of waiting requests as words.
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
