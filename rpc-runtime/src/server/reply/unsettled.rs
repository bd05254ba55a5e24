//! A delivery that is not settled yet: in every case it is settled exactly once.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{
    admitted_call::AdmittedCall,
    arrival::{Arrival, KeptMessage},
    dead_letters::{DeadLetter, DeadLetterCommand},
    direct::DirectCommand,
    queue_reply::{log_unwritable, queue_reply},
    settlement::{Settlement, UnsentReply},
    sinks::ReplySinks,
};
use crate::{
    contract::MethodDef,
    message::{Execution, Fault, FaultCode, Reply, ReplyKind},
    server::{
        log::{Cause, FailedCall, RequestInfo},
        services::QueuePlan,
    },
    wire::{
        dead_letter::LetterCause,
        reply_address::is_direct,
        request::{ReceivedRequest, ReturnAddress},
    },
};

/// Settles one delivery. Dropped without an outcome, because the call was cancelled, it requeues the
/// delivery.
pub(crate) struct Unsettled {
    tag: u64,
    request: RequestInfo,
    sinks: Arc<ReplySinks>,
    address: ReturnAddress,
    /// The message itself, where it is kept if it fails.
    original: Option<Box<KeptMessage>>,
    call: Option<AdmittedCall>,
    settled: bool,
}

impl Unsettled {
    /// Takes the return address from the request.
    pub(crate) fn new(
        arrival: Arrival,
        request: &mut ReceivedRequest,
        queue: &Arc<QueuePlan>,
        original: Option<Box<KeptMessage>>,
        sinks: Arc<ReplySinks>,
    ) -> Self {
        let Arrival { tag, is_malformed, received_at } = arrival;
        let (redelivered, address) = (request.redelivered, request.take_return_address());
        let caller = (!request.caller.is_anonymous()).then(|| Box::new(request.caller.clone()));
        let events = queue.kind.is_of_events().then(|| Arc::clone(queue));
        let is_overflow = queue.overflow_of.is_some();
        let trace_id = request.trace_id().map(Box::from);
        let request = RequestInfo {
            method: None,
            events,
            is_overflow,
            caller,
            trace_id,
            redelivered,
            is_malformed,
            received_at,
        };
        Self { tag, request, sinks, address, original, call: None, settled: false }
    }

    /// The address that a reply would go to.
    pub(crate) fn reply_to(&self) -> Option<&str> {
        self.address.reply_to.as_deref()
    }

    /// Refuses a request with a foreign reply address: it goes to the dead letters without a reply.
    pub(crate) fn refuse_address(mut self, method: Option<&'static MethodDef>) {
        self.request.method = method;
        self.dead_letter("foreign_reply_address", None, None);
    }

    /// Drops a request that expired before it was delivered.
    pub(crate) fn drop_expired(mut self) {
        self.settle(Settlement::Ack { tag: self.tag });
    }

    /// Puts a message that was rejected before with the dead letters.
    pub(crate) fn keep_rejected(mut self) {
        self.dead_letter("rejected", None, None);
    }

    /// Takes a request that was delivered too often out of its queue: it goes to the dead letters, and its
    /// caller, if there is one, is told.
    pub(crate) fn refuse_exhausted(
        mut self,
        queue: &str,
        deliveries: u64,
        method: Option<&'static MethodDef>,
    ) {
        self.request.method = method;
        let message = format!("the request was delivered {deliveries} times before and is not run again");
        let fault = Fault::new(FaultCode::MaybeExecuted, message);
        self.log(Cause::Fault(&fault), Some(queue));
        let error = fault.message().to_owned();
        let reply_to = self.address.reply_to.take();
        let reply = reply_to.map(|reply_to| self.reply(reply_to, Err(fault)));
        self.dead_letter("delivery_limit", Some(error), reply);
    }

    /// The delivery is a call, which will run.
    pub(crate) fn admit(&mut self, method: &'static MethodDef, call: AdmittedCall) {
        self.request.method = Some(method);
        self.call = Some(call);
    }

    /// The call is about to run. From here on it may have run.
    pub(crate) fn start(&mut self) {
        if let Some(call) = &mut self.call {
            call.start();
        }
    }

    /// The call was refused before its method, and may run later.
    pub(crate) fn did_not_run(&mut self) {
        if let Some(call) = &mut self.call {
            call.did_not_run();
        }
    }

    /// Returns whether the call would not be run once it is requeued.
    pub(crate) fn runs_once(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.runs_once)
    }

    /// Ends the call with its outcome: replies to the caller, and settles the delivery.
    ///
    /// Without a caller, success is acknowledged and failure goes to the dead letters, so that it is seen.
    pub(crate) fn finish(mut self, outcome: Result<Reply, Fault>) {
        self.finish_with(outcome, None);
    }

    /// Does the same with a request that came to this queue and that does not reach a method.
    pub(crate) fn refuse(mut self, queue: &str, fault: Fault, method: Option<&'static MethodDef>) {
        self.request.method = method;
        self.finish_with(Err(fault), Some(queue));
    }

    fn finish_with(&mut self, outcome: Result<Reply, Fault>, queue: Option<&str>) {
        let tag = self.tag;
        let mut outcome = self.within_limit(outcome).map_err(|fault| self.as_far_as_known(fault));
        if let Some(compression) = self.address.compression {
            outcome = outcome.map(|reply| reply.compress(compression));
        }
        let succeeded = matches!(&outcome, Ok(reply) if reply.kind == ReplyKind::Result);
        if !succeeded {
            self.log(outcome.as_ref().map_or_else(Cause::Fault, Cause::Error), queue);
        }
        match self.address.reply_to.take() {
            Some(reply_to) => self.send(reply_to, outcome),
            None if succeeded => self.settle(Settlement::Ack { tag }),
            None => match outcome {
                Ok(_) => self.dead_letter("error", None, None),
                Err(fault) => self.dead_letter(fault.code().as_str(), Some(text_of(&fault)), None),
            },
        }
    }

    /// Hands the message to the task that keeps it. A message that cannot be kept as it was is rejected, and
    /// left to the broker's dead-lettering.
    fn dead_letter(&mut self, reason: &str, error: Option<String>, reply: Option<UnsentReply>) {
        let Some(original) = self.original.take() else {
            return self.settle(Settlement::Reject { tag: self.tag });
        };
        self.settled = true;
        let KeptMessage { message, queue } = *original;
        let method = self.request.method.map(|method| method.full_name);
        let cause = LetterCause { reason, error: error.as_deref(), method };
        let (properties, body) = message.into_letter(cause, &self.sinks.server_name);
        let letter = DeadLetter { tag: self.tag, queue, properties, body, reply };
        // Without the task the link is lost, and the broker delivers again.
        let _ = self.sinks.dead_letters.send(DeadLetterCommand::Send(Box::new(letter)));
    }

    fn reply(&mut self, reply_to: SmolStr, outcome: Result<Reply, Fault>) -> UnsentReply {
        let correlation_id = self.address.correlation_id.take();
        let codec = std::mem::take(&mut self.address.codec);
        UnsentReply { tag: self.tag, reply_to, correlation_id, codec, outcome }
    }

    fn send(&mut self, reply_to: SmolStr, outcome: Result<Reply, Fault>) {
        let is_direct = is_direct(&reply_to);
        let reply = self.reply(reply_to, outcome);
        if is_direct {
            self.settled = true;
            let _ = self.sinks.direct.send(DirectCommand::Send(reply));
        } else if reply.promises_never_to_run() {
            // Behind the acknowledgement, which only the settler can see to.
            self.settle(Settlement::Reply(Box::new(reply)));
        } else {
            let tag = self.tag;
            self.settle(match queue_reply(&self.sinks.publisher, reply) {
                Ok(()) => Settlement::Ack { tag },
                Err(error) => {
                    log_unwritable(&*error);
                    Settlement::Reject { tag }
                }
            });
        }
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

    /// A redelivered request that this server did not run may have run on another: the fault must not promise
    /// that it did not.
    fn as_far_as_known(&self, fault: Fault) -> Fault {
        // The server that had the request before refused it for the same reason, if all servers are alike.
        // While another version or other settings are rolled out, one of these may be said of a request that
        // a server of the other kind has run.
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
        // Without a settler the channel is lost, and the broker delivers again.
        let _ = self.sinks.settlements.send(settlement);
    }
}

/// A fault's text, as it is logged.
fn text_of(fault: &Fault) -> String {
    match fault.detail() {
        Some(detail) => format!("{}: {detail}", fault.message()),
        None => fault.message().to_owned(),
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
            call.guard.cancel();
        }
        match &self.call {
            // Requeued, it would panic again and again.
            Some(_) if std::thread::panicking() => {
                let panicked = Fault::new(FaultCode::Panicked, "the method panicked while it was dropped");
                self.finish_with(Err(panicked), None);
            }
            // Requeued, it would be marked as redelivered, and refused although it did not run.
            Some(call) if !call.has_started() && call.runs_once => {
                let message = "the server was stopping and did not start the method";
                self.finish_with(Err(Fault::new(FaultCode::ShuttingDown, message)), None);
            }
            Some(call) if call.has_started() => {
                self.log(Cause::Cancelled, None);
                self.settle(Settlement::Requeue { tag: self.tag });
            }
            _ => self.settle(Settlement::Requeue { tag: self.tag }),
        }
    }
}
