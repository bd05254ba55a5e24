//! The ways to settle a delivery.

use smol_str::SmolStr;
use tokio::sync::{mpsc, oneshot};

use crate::{
    codec::AnyCodec,
    message::{Execution, Fault, Reply},
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
    /// The settler ends. What is not settled by now, the broker delivers again.
    Stop,
}

/// A reply that is not encoded yet, and the delivery that it settles.
#[derive(Debug)]
pub(crate) struct UnsentReply {
    pub(crate) tag: u64,
    pub(crate) reply_to: SmolStr,
    pub(crate) correlation_id: Option<SmolStr>,
    /// The codec that a fault is written in.
    pub(crate) codec: AnyCodec,
    pub(crate) outcome: Result<Reply, Fault>,
}

impl UnsentReply {
    /// Returns whether the reply promises that the method does not run for this request, now or later.
    pub(crate) fn promises_never_to_run(&self) -> bool {
        self.outcome.as_ref().is_err_and(|fault| fault.execution() == Execution::Never)
    }
}

/// Sends settlements to the settler of a channel. The prefetch windows bound how many are under way.
pub(crate) type Settlements = mpsc::UnboundedSender<Settlement>;
