//! The senders by which the calls of one link hand over replies and settlements.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    dead_letters::DeadLetterCommand,
    direct::DirectCommand,
    part_tag::PartTag,
    settle::{RequestChannel, SettlingChannel},
    settlement::{Settlement, Settlements},
};
use crate::server::{begun::BegunOnLink, log::FailureLog};

/// Takes the outcomes of a link's calls.
#[derive(Debug)]
pub(crate) struct ReplySinks {
    pub(crate) settlements: Settlements,
    /// Replies to requests and acknowledges them.
    pub(crate) requests: RequestChannel,
    /// Takes replies to direct addresses, which settle their delivery later.
    pub(crate) direct: mpsc::UnboundedSender<DirectCommand>,
    /// Takes messages that failed without a caller, which settle their delivery later.
    pub(crate) dead_letters: mpsc::UnboundedSender<DeadLetterCommand>,
    /// Whether the broker can keep rejected messages, and not only such as the server publishes.
    pub(crate) broker_keeps_rejected: bool,
    /// The server's name in dead letters.
    pub(crate) server_name: String,
    pub(crate) max_reply_bytes: usize,
    /// What was begun over the link. `None` where the broker's mark of a redelivery can be relied on.
    pub(crate) begun: Option<Arc<BegunOnLink>>,
    pub(crate) failures: Arc<FailureLog>,
}

impl ReplySinks {
    /// Acknowledges a delivery with the next write, which its reply is in. A part of a delivery waits for the others.
    pub(crate) fn ack(&self, tag: u64) {
        if PartTag::of(tag).is_some() || self.requests.ack(tag).is_err() {
            // The channel is lost. The settler reports it, and the broker delivers again.
            let _ = self.settlements.send(Settlement::Ack { tag });
        }
    }
}
