//! A delivery that is not settled yet: whatever happens to it, it is settled exactly once.

use std::{sync::Arc, time::Instant};

use tokio::sync::mpsc;

use super::{
    direct::DirectCommand,
    in_flight::InFlightGuard,
    settle::{Settlement, Settlements},
};
use crate::{
    contract::MethodDef,
    message::{Execution, Fault, FaultCode, Reply, ReplyKind},
    server::{
        config::ReplyPolicy,
        log::{Cause, FailedCall, FailureLog, RequestInfo},
        serve::RefusedRequest,
        settings::QueuePlan,
    },
    wire::{
        address::is_direct,
        request::{Received, ReturnAddress},
    },
};

/// Where the calls of one epoch leave their outcomes.
#[derive(Debug)]
pub(crate) struct ReplySinks {
    pub(crate) settlements: Settlements,
    /// Answers to direct addresses, which settle their delivery later.
    pub(crate) direct: mpsc::UnboundedSender<DirectCommand>,
    pub(crate) max_reply_bytes: usize,
    pub(crate) failures: Arc<FailureLog>,
}

/// The duty to settle one delivery. Dropped without an answer, because the call was cancelled, it gives the delivery back.
pub(crate) struct Unsettled {
    tag: u64,
    request: RequestInfo,
    sinks: Arc<ReplySinks>,
    address: ReturnAddress,
    call: Option<AdmittedCall>,
    settled: bool,
}

/// What is known of the delivery once it is a call.
struct AdmittedCall {
    /// Given back, it would not be run.
    runs_once: bool,
    started: bool,
    // Left when the delivery is settled.
    entry: InFlightGuard,
}

impl Unsettled {
    pub(crate) fn of(
        tag: u64,
        request: &mut Received,
        is_hostile: bool,
        received_at: Instant,
        queue: &Arc<QueuePlan>,
        sinks: Arc<ReplySinks>,
    ) -> Self {
        let (redelivered, address) = (request.redelivered, request.take_return_address());
        let caller = (!request.caller.is_anonymous()).then(|| Box::new(request.caller.clone()));
        let events = queue.kind.is_of_events().then(|| Arc::clone(queue));
        let is_overflow = queue.overflow_of.is_some();
        let request =
            RequestInfo { method: None, events, is_overflow, caller, redelivered, is_hostile, received_at };
        Self { tag, request, sinks, address, call: None, settled: false }
    }

    /// The reply address, if it is none that the server answers to.
    pub(crate) fn foreign_address(&self, policy: &ReplyPolicy) -> Option<&str> {
        self.address.reply_to.as_deref().filter(|address| !policy.allows(address))
    }

    /// To the dead letters, unanswered.
    pub(crate) fn reject(mut self) {
        self.settle(Settlement::Reject { tag: self.tag });
    }

    /// The delivery is a call, which will run.
    pub(crate) fn admit(&mut self, method: &'static MethodDef, entry: InFlightGuard, runs_once: bool) {
        self.request.method = Some(method);
        self.call = Some(AdmittedCall { runs_once, started: false, entry });
    }

    /// The call is about to run. From here on it may have run.
    pub(crate) fn start(&mut self) {
        if let Some(call) = &mut self.call {
            call.started = true;
        }
    }

    /// The call was refused before its method, and may run later.
    pub(crate) fn did_not_run(&mut self) {
        if let Some(call) = &mut self.call {
            call.started = false;
        }
    }

    /// Given back, the call would not be run.
    pub(crate) fn runs_once(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.runs_once)
    }

    /// Answers the caller and settles the delivery.
    ///
    /// When nobody waits for a reply, success is acknowledged and failure goes to the dead letters: it must not pass unseen.
    pub(crate) fn answer(mut self, outcome: Result<Reply, Fault>) {
        self.conclude(outcome, None);
    }

    /// Does the same with a request that came to this queue and that no method sees.
    pub(crate) fn refuse(mut self, queue: &str, refused: RefusedRequest) {
        self.request.method = refused.method;
        self.conclude(Err(refused.fault), Some(queue));
    }

    fn conclude(&mut self, outcome: Result<Reply, Fault>, queue: Option<&str>) {
        let tag = self.tag;
        let mut outcome = self.within_limit(outcome).map_err(|fault| self.as_far_as_known(fault));
        if let Some(compression) = self.address.compression {
            outcome = outcome.map(|reply| reply.compress(compression));
        }
        let succeeded = matches!(&outcome, Ok(reply) if reply.kind == ReplyKind::Result);
        if !succeeded {
            self.log(outcome.as_ref().map_or_else(Cause::Fault, Cause::Error), queue);
        }
        let settlement = match self.address.reply_to.take() {
            Some(reply_to) => {
                let correlation_id = self.address.correlation_id.take();
                let codec = std::mem::take(&mut self.address.codec);
                if is_direct(&reply_to) {
                    self.settled = true;
                    let _ = self.sinks.direct.send(DirectCommand::Answer {
                        tag,
                        reply_to,
                        correlation_id,
                        codec,
                        outcome,
                    });
                    return;
                }
                Settlement::Answer { tag, reply_to, correlation_id, codec, outcome }
            }
            None if succeeded => Settlement::Done { tag },
            None => Settlement::Reject { tag },
        };
        self.settle(settlement);
    }

    fn within_limit(&self, outcome: Result<Reply, Fault>) -> Result<Reply, Fault> {
        match outcome {
            Ok(reply) if reply.body.len() > self.sinks.max_reply_bytes => {
                let (size, limit) = (reply.body.len(), self.sinks.max_reply_bytes);
                let message = format!("the reply has {size} bytes, the server's limit is {limit}");
                Err(Fault::new(FaultCode::ReplyTooLarge, message))
            }
            outcome => outcome,
        }
    }

    /// What this server did not run, another may have run before: the caller must not be told that nobody has.
    fn as_far_as_known(&self, fault: Fault) -> Fault {
        // Whoever had it before could not read it either, or did not let its caller in: so it is where all servers are alike. While another
        // version or other settings are rolled out, one of these may be said of a request that the other kind of server has run.
        let is_of_the_request = matches!(
            fault.code(),
            FaultCode::BadRequest
                | FaultCode::UnsupportedMediaType
                | FaultCode::RequestTooLarge
                | FaultCode::Unauthorized
        );
        if !self.request.redelivered || is_of_the_request || fault.execution() != Execution::Never {
            return fault;
        }
        Fault::new(
            FaultCode::MaybeExecuted,
            format!("the request was delivered before and may have run then; now: {fault}"),
        )
    }

    fn log(&self, cause: Cause<'_>, queue: Option<&str>) {
        self.sinks.failures.write(&FailedCall {
            cause,
            codec: &self.address.codec,
            request: &self.request,
            queue,
            correlation_id: self.address.correlation_id.as_deref(),
            has_caller: self.address.reply_to.is_some(),
        });
    }

    fn settle(&mut self, settlement: Settlement) {
        self.settled = true;
        // Without a settler the channel is gone, and the broker delivers again.
        let _ = self.sinks.settlements.send(settlement);
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        if let Some(call) = &mut self.call
            && !std::thread::panicking()
        {
            call.entry.cancel();
        }
        match &self.call {
            // Given back it would panic again, and again.
            Some(_) if std::thread::panicking() => {
                let panicked = Fault::new(FaultCode::Panicked, "the method panicked while it was dropped");
                self.conclude(Err(panicked), None);
            }
            // Given back it would be marked as delivered before, and refused for what it never did.
            Some(call) if !call.started && call.runs_once => {
                let message = "the server was stopping and did not start the method";
                self.conclude(Err(Fault::new(FaultCode::ShuttingDown, message)), None);
            }
            Some(call) if call.started => {
                self.log(Cause::Cancelled, None);
                self.settle(Settlement::Requeue { tag: self.tag });
            }
            _ => self.settle(Settlement::Requeue { tag: self.tag }),
        }
    }
}
