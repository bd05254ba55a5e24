//! A delivery that is not settled yet: in every case it is settled exactly once.

mod in_dialect;
mod send;
mod unstarted;

use std::sync::Arc;

pub(crate) use self::in_dialect::PeerRequest;
use super::{
    admitted_call::AdmittedCall,
    arrival::{Arrival, KeptMessage},
    as_far_as_known::as_far_as_known,
    calls_per_message::{CallsPerMessage, TimedCall},
    dead_letters::{DeadLetter, DeadLetterCommand},
    settlement::{Settlement, UnsentReply},
    sinks::ReplySinks,
};
use crate::{
    contract::MethodDef,
    message::{Fault, FaultCode, Reply, ReplyKind},
    server::{
        log::{Cause, FailedCall, RequestInfo},
        services::QueuePlan,
    },
    wire::{
        dead_letter::LetterCause,
        reply_address::takes_coalesced,
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
    /// Set if the request came in a dialect, which answers it.
    pub(super) peer: Option<Box<PeerRequest>>,
    /// Set if the caller reads several replies in one message.
    calls_per_message: Option<TimedCall>,
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
        let is_coalesced = request.is_coalesced();
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
            is_coalesced,
            is_malformed,
            received_at,
        };
        Self {
            tag,
            request,
            sinks,
            address,
            original,
            call: None,
            peer: None,
            calls_per_message: None,
            settled: false,
        }
    }

    /// Tells the caller how many calls it may send in one message, if it asks.
    pub(crate) fn tell(&mut self, calls: &Arc<CallsPerMessage>) {
        if self.reply_to().is_some_and(takes_coalesced) {
            self.calls_per_message = Some(TimedCall::of(calls));
        }
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
        self.ack();
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
        if let Some(call) = &mut self.calls_per_message {
            call.begin();
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
        let RequestInfo { redelivered, is_coalesced, received_at, .. } = self.request;
        let outcome = self.within_limit(outcome);
        let mut outcome = outcome.map_err(|fault| as_far_as_known(fault, redelivered, is_coalesced));
        if let Some(compression) = self.address.compression {
            outcome = outcome.map(|reply| reply.compress(compression));
        }
        let succeeded = matches!(&outcome, Ok(reply) if reply.kind == ReplyKind::Result);
        if let Some(call) = &mut self.call {
            call.end(succeeded, received_at);
        }
        if !succeeded {
            self.log(outcome.as_ref().map_or_else(Cause::Fault, Cause::Error), queue);
        }
        if let Some(peer) = self.peer.take() {
            return self.answer_in_dialect(*peer, &outcome);
        }
        match self.address.reply_to.take() {
            Some(reply_to) => self.send(reply_to, outcome),
            None if succeeded => self.ack(),
            None => match outcome {
                Ok(_) => self.dead_letter("error", None, None),
                Err(fault) => self.dead_letter(fault.code().as_str(), Some(fault.text()), None),
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
        let letter = DeadLetter { tag: self.tag, queue, properties, body, reply, runs_again: false };
        // Without the task the link is lost, and the broker delivers again.
        let _ = self.sinks.dead_letters.send(DeadLetterCommand::Send(Box::new(letter)));
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

    fn ack(&mut self) {
        self.settled = true;
        self.sinks.ack(self.tag);
    }

    fn settle(&mut self, settlement: Settlement) {
        self.settled = true;
        // Without a settler the channel is lost, and the broker delivers again.
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
            call.cancel();
        }
        match &self.call {
            // Requeued, it would panic again and again.
            Some(_) if std::thread::panicking() => {
                let panicked = Fault::new(FaultCode::Panicked, "the method panicked while it was dropped");
                self.finish_with(Err(panicked), None);
            }
            // Requeued, it would be marked as redelivered, and refused although it did not run.
            Some(call) if !call.has_started() && call.runs_once => self.settle_unstarted(),
            Some(call) if call.has_started() => {
                self.log(Cause::Cancelled, None);
                self.settle(Settlement::Requeue { tag: self.tag });
            }
            _ => self.settle(Settlement::Requeue { tag: self.tag }),
        }
    }
}
