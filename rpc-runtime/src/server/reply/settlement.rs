//! The ways to settle a delivery.

use std::borrow::Cow;

use smol_str::SmolStr;
use tokio::sync::{mpsc, oneshot};

use crate::{
    codec::AnyCodec,
    dialect::ReplyMessage,
    message::{Execution, Fault, Reply},
    wire::reply,
};

/// Settles one delivery. Each delivery gets exactly one settlement.
#[derive(Debug)]
pub(crate) enum Settlement {
    /// Acknowledged behind this reply; before it, when it promises that the method does not run.
    Reply(Box<UnsentReply>),
    /// Acknowledged; nothing is sent.
    Ack { tag: u64 },
    /// Acknowledged before anything else is sent; then `acked` is notified.
    AckNow { tag: u64, acked: oneshot::Sender<()> },
    /// Rejected, because it failed and there is no caller to tell: it goes to the dead letters.
    Reject { tag: u64 },
    /// Requeued, because it was not done.
    Requeue { tag: u64 },
    /// A delivery has so many calls, each of which is settled by the tag of its part. It is settled when all are.
    Coalesced { delivery: u64, calls: u16 },
    /// The settler ends. What is not settled by now, the broker delivers again.
    Stop,
}

impl Settlement {
    /// The tag of what it settles.
    pub(super) fn tag(&self) -> Option<u64> {
        match self {
            Self::Reply(reply) => Some(reply.tag),
            Self::Ack { tag } | Self::AckNow { tag, .. } | Self::Reject { tag } | Self::Requeue { tag } => {
                Some(*tag)
            }
            Self::Coalesced { .. } | Self::Stop => None,
        }
    }
}

/// A reply that is not encoded yet, and the delivery that it settles.
#[derive(Debug)]
pub(crate) struct UnsentReply {
    pub(crate) tag: u64,
    pub(crate) reply_to: SmolStr,
    pub(crate) content: ReplyContent,
    /// What its client is told, if it reads several replies in one message.
    pub(crate) calls_per_message: Option<u16>,
}

/// The content of a reply: still to be encoded, or as a dialect has written it.
#[derive(Debug)]
pub(crate) enum ReplyContent {
    Own {
        correlation_id: Option<SmolStr>,
        /// The codec that a fault is written in.
        codec: AnyCodec,
        outcome: Result<Reply, Fault>,
    },
    InDialect {
        message: Box<ReplyMessage>,
        /// See [`UnsentReply::promises_never_to_run`].
        never_runs: bool,
    },
}

impl ReplyContent {
    /// Encodes it, and returns the exchange that it is published to as well.
    pub(crate) fn compose(self) -> ReplyMessage {
        match self {
            Self::Own { correlation_id, codec, outcome } => {
                let (properties, body) = reply::compose(correlation_id, &codec, outcome);
                ReplyMessage { exchange: Cow::Borrowed(""), properties, body }
            }
            Self::InDialect { message, .. } => *message,
        }
    }
}

impl UnsentReply {
    /// Returns whether the reply promises that the method does not run for this request, now or later.
    pub(crate) fn promises_never_to_run(&self) -> bool {
        match &self.content {
            ReplyContent::Own { outcome, .. } => {
                outcome.as_ref().is_err_and(|fault| fault.execution() == Execution::Never)
            }
            ReplyContent::InDialect { never_runs, .. } => *never_runs,
        }
    }
}

/// Sends settlements to the settler of a channel. The prefetch windows bound how many are under way.
pub(crate) type Settlements = mpsc::UnboundedSender<Settlement>;
