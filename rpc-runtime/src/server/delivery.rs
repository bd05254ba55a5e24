//! A delivery that is not settled yet: whatever happens to it, it is settled exactly once.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    settle::{Settlement, Settlements},
    shutdown::AbandonedCall,
};
use crate::{
    contract::{MethodDef, Repetition},
    message::{Fault, FaultCode, Reply, ReplyKind},
    wire::{reply, request::ReturnAddress},
};

/// The duty to settle one delivery. Dropped without an answer, because the call was cancelled, it gives the delivery back.
pub(super) struct Unsettled {
    tag: u64,
    settlements: Settlements,
    address: ReturnAddress,
    max_reply_bytes: usize,
    method: Option<&'static MethodDef>,
    abandoned: Abandoned,
    settled: bool,
}

/// Calls that were cancelled while they ran.
pub(super) type Abandoned = Arc<Mutex<Vec<AbandonedCall>>>;

impl Unsettled {
    pub(super) fn new(
        tag: u64,
        address: ReturnAddress,
        settlements: Settlements,
        max_reply_bytes: usize,
        abandoned: Abandoned,
    ) -> Self {
        Self { tag, settlements, address, max_reply_bytes, method: None, abandoned, settled: false }
    }

    /// The call is about to run. From here on it may have run.
    pub(super) fn start(&mut self, method: &'static MethodDef) {
        self.method = Some(method);
    }

    /// Answers the caller and settles the delivery.
    ///
    /// When nobody waits for a reply, success is acknowledged and failure goes to the dead letters: it must not pass unseen.
    pub(super) fn answer(mut self, outcome: Result<Reply, Fault>) {
        let tag = self.tag;
        let outcome = self.within_limit(outcome);
        let succeeded = matches!(&outcome, Ok(reply) if reply.kind == ReplyKind::Result);
        let settlement = match self.address.reply_to.take() {
            Some(reply_to) => {
                let (properties, body) = reply::compose(self.address.correlation_id.take(), outcome);
                Settlement::Answer { tag, reply_to, properties, body }
            }
            None if succeeded => Settlement::Done { tag },
            None => Settlement::Reject { tag },
        };
        self.settle(settlement);
    }

    fn within_limit(&self, outcome: Result<Reply, Fault>) -> Result<Reply, Fault> {
        match outcome {
            Ok(reply) if reply.body.len() > self.max_reply_bytes => Err(Fault::new(
                FaultCode::ReplyTooLarge,
                format!(
                    "the reply has {} bytes, the server's limit is {}",
                    reply.body.len(),
                    self.max_reply_bytes
                ),
            )),
            outcome => outcome,
        }
    }

    fn settle(&mut self, settlement: Settlement) {
        self.settled = true;
        // Without a settler the channel is gone, and the broker delivers again.
        let _ = self.settlements.send(settlement);
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if let Some(method) = self.method {
            let call = AbandonedCall {
                method: method.full_name,
                at_most_once: method.repetition == Repetition::AtMostOnce,
            };
            self.abandoned.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
        self.settle(Settlement::Requeue { tag: self.tag });
    }
}
