//! Decides what follows from the outcome of a call: a result, an error, or another attempt.

use std::sync::Arc;

use amqp_rpc_transport::Disconnect;

use super::{
    attempt::SentMessage, error::DeliveryError, in_flight::InFlight, policy::RetryState, send::Sending,
};
use crate::{
    client::session::pending::CallOutcome,
    error::{CallError, ErrorMaps, RemoteError, Undecodable},
    message::{Execution, Fault, FaultCode},
    wire::reply::{Reading, ReceivedReply},
};

/// The step after the outcome of a call.
pub(crate) enum NextStep<T, E> {
    Finish(Result<T, CallError<E>>),
    Retry(Sending<InFlight>),
}

/// Reads the reply with `read`; sends the call again where that is safe.
pub(crate) fn retry_or_finish<T, E: 'static>(
    outcome: CallOutcome,
    in_flight: &mut InFlight,
    retries: &mut RetryState,
    read: impl FnOnce(ReceivedReply, Reading<'_>) -> Result<T, CallError<E>>,
) -> NextStep<T, E> {
    let error = match outcome {
        CallOutcome::Replied(reply) => match read(reply, in_flight.reading(&retries.policy)) {
            Err(CallError::Fault(fault)) => return after_fault(fault, in_flight, retries),
            result => return finish(result, retries),
        },
        CallOutcome::RepliedToAll(reply) => match read(reply, in_flight.reading(&retries.policy)) {
            Err(CallError::Fault(fault)) => return after_fault_of_all(fault, in_flight, retries),
            _ => return finish(Err(reply_to_several()), retries),
        },
        CallOutcome::Unroutable => in_flight.unroutable(),
        CallOutcome::QueueFull(queue) => DeliveryError::QueueFull(queue),
        CallOutcome::TimedOut => in_flight.timed_out(),
        CallOutcome::Blocked(disconnect) => match in_flight.after_refusal(retries, &disconnect) {
            Ok(sending) => return NextStep::Retry(sending),
            Err(error) => error,
        },
        CallOutcome::Disconnected(disconnect) => match retry_after_loss(in_flight, retries, disconnect) {
            Ok(sending) => return NextStep::Retry(sending),
            Err(error) => error,
        },
    };
    NextStep::Finish(Err(error.into_call_error(retries)))
}

fn after_fault<T, E: 'static>(
    fault: Fault,
    in_flight: &mut InFlight,
    retries: &mut RetryState,
) -> NextStep<T, E> {
    if is_of_a_stopping_server(&fault)
        && retries.may_repeat()
        && let Some(sending) = in_flight.send_again()
    {
        retries.count_repetition();
        return NextStep::Retry(sending);
    }
    // The server counts the caller's timeout rounded up, and from later on: its fault comes first only
    // because timeouts are noticed late. One outcome for both.
    if *fault.code() == FaultCode::DeadlineExceeded && in_flight.is_late() {
        return NextStep::Finish(Err(in_flight.timed_out().into_call_error(retries)));
    }
    let fault = if retries.lost_before().is_some() { fault.of_repetition() } else { fault };
    finish(Err(CallError::Fault(fault)), retries)
}

/// Returns whether the call has certainly not run, at a server that takes no more calls. In a dialect the fault may be of
/// another call, which the method has made: then it has run.
fn is_of_a_stopping_server(fault: &Fault) -> bool {
    *fault.code() == FaultCode::ShuttingDown && fault.execution() == Execution::Never
}

/// A server has refused a message with several calls as a whole. Where it promises that none runs, each is sent again:
/// as a message of its own, since the link has noted that the server does not read others.
fn after_fault_of_all<T, E: 'static>(
    fault: Fault,
    in_flight: &mut InFlight,
    retries: &mut RetryState,
) -> NextStep<T, E> {
    if fault.execution() == Execution::Never
        && let Some(sending) = in_flight.send_again()
    {
        return NextStep::Retry(sending);
    }
    after_fault(fault, in_flight, retries)
}

/// The error of a call whose message got one result for all its calls: whose it is, is not known.
fn reply_to_several<E>() -> CallError<E> {
    CallError::Decode(Undecodable {
        what: "reply",
        execution: Execution::Unknown,
        source: "it is one reply to a message with several calls".into(),
        remote: None,
    })
}

fn finish<T, E: 'static>(result: Result<T, CallError<E>>, retries: &RetryState) -> NextStep<T, E> {
    NextStep::Finish(result.map_err(|error| map_error(error, retries.policy.error_maps.as_deref())))
}

/// Sends the message again after its link was lost, if its policy allows it and time is left.
///
/// # Errors
/// The error of the message, if it is not sent again.
pub(super) fn retry_after_loss<S: SentMessage>(
    in_flight: &mut InFlight,
    retries: &mut RetryState,
    disconnect: Arc<Disconnect>,
) -> Result<Sending<S>, DeliveryError> {
    match in_flight.error_of_disconnect(Arc::clone(&disconnect)) {
        DeliveryError::Disconnected(..) if retries.may_repeat_after(&disconnect) => {
            match in_flight.send_again() {
                Some(sending) => {
                    retries.count_repetition_after(disconnect);
                    Ok(sending)
                }
                None => Err(in_flight.error_of_disconnect(disconnect)),
            }
        }
        error => Err(error),
    }
}

/// Makes the method's own error of another server's error, where the typed client has a map for it.
pub(crate) fn map_error<E: 'static>(error: CallError<E>, maps: Option<&ErrorMaps>) -> CallError<E> {
    let Some(maps) = maps else { return error };
    let mapped = match &error {
        CallError::Fault(fault) => match fault.code() {
            FaultCode::Other(code) => maps.apply(&RemoteError::new(code, fault.message())),
            _ => None,
        },
        CallError::Decode(undecodable) => undecodable.remote().and_then(|remote| maps.apply(remote)),
        _ => None,
    };
    mapped.map_or(error, CallError::Method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_certainly_not_run_is_taken_to_another_server() {
        let shutting_down = Fault::new(FaultCode::ShuttingDown, "");
        assert!(is_of_a_stopping_server(&shutting_down));
        assert!(!is_of_a_stopping_server(&shutting_down.of_repetition()), "it may be of another call");
        assert!(!is_of_a_stopping_server(&Fault::new(FaultCode::Overloaded, "")));
    }
}
