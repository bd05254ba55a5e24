//! A delivery that is not settled yet: whatever happens to it, it is settled exactly once.

use super::{
    roster::{Entry, Roster},
    settle::{Settlement, Settlements},
};
use crate::{
    contract::{MethodDef, Repetition},
    message::{Fault, FaultCode, Reply, ReplyKind},
    wire::request::ReturnAddress,
};

/// The duty to settle one delivery. Dropped without an answer, because the call was cancelled, it gives the delivery back.
pub(super) struct Unsettled {
    tag: u64,
    settlements: Settlements,
    address: ReturnAddress,
    max_reply_bytes: usize,
    call: Option<AdmittedCall>,
    settled: bool,
}

/// What is known of the delivery once it is a call.
struct AdmittedCall {
    method: &'static MethodDef,
    started: bool,
    // Left when the delivery is settled.
    _entry: Entry,
}

impl Unsettled {
    pub(super) fn new(
        tag: u64,
        address: ReturnAddress,
        settlements: Settlements,
        max_reply_bytes: usize,
    ) -> Self {
        Self { tag, settlements, address, max_reply_bytes, call: None, settled: false }
    }

    /// The delivery is a call of `method`, which will run.
    pub(super) fn admit(&mut self, method: &'static MethodDef, roster: &Roster) {
        self.call = Some(AdmittedCall { method, started: false, _entry: roster.enter(method) });
    }

    /// The call is about to run. From here on it may have run.
    pub(super) fn start(&mut self) {
        if let Some(call) = &mut self.call {
            call.started = true;
        }
    }

    /// Answers the caller and settles the delivery.
    ///
    /// When nobody waits for a reply, success is acknowledged and failure goes to the dead letters: it must not pass unseen.
    pub(super) fn answer(mut self, outcome: Result<Reply, Fault>) {
        self.conclude(outcome);
    }

    fn conclude(&mut self, outcome: Result<Reply, Fault>) {
        let tag = self.tag;
        let outcome = self.within_limit(outcome);
        let succeeded = matches!(&outcome, Ok(reply) if reply.kind == ReplyKind::Result);
        let settlement = match self.address.reply_to.take() {
            Some(reply_to) => {
                let correlation_id = self.address.correlation_id.take();
                Settlement::Answer { tag, reply_to, correlation_id, outcome }
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
        match &self.call {
            // Given back it would panic again, and again.
            Some(_) if std::thread::panicking() => {
                self.conclude(Err(Fault::new(
                    FaultCode::Panicked,
                    "the method panicked while it was dropped",
                )));
            }
            // Given back it would be marked as delivered before, and refused for what it never did.
            Some(call) if !call.started && call.method.repetition == Repetition::AtMostOnce => {
                self.conclude(Err(Fault::new(
                    FaultCode::ShuttingDown,
                    "the server was stopping and did not start the method",
                )));
            }
            _ => self.settle(Settlement::Requeue { tag: self.tag }),
        }
    }
}
