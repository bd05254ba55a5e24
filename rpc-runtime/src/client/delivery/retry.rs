//! What follows from the outcome of a call: a result, an error, or another attempt.

use std::sync::Arc;

use amqp_rpc_transport::Disconnect;

use super::{
    failure::{Failure, Terms},
    in_flight::InFlight,
    send::Sending,
};
use crate::{
    client::session::pending::Outcome,
    error::{CallError, ErrorMaps, RemoteError},
    message::FaultCode,
    wire::reply::{RawReply, Reading},
};

/// How often a call is sent again at most: one that is itself the reason why links are lost, or that no server starts, must come to an
/// end without taking all others with it.
const MOST_REPETITIONS: u32 = 8;

impl Terms {
    /// A channel is closed for what was published on it, and most likely for one of those that were pending: once more, and no more.
    pub(crate) fn may_be_repeated_after(&self, lost: &Disconnect) -> bool {
        let most = if lost.is_of_channel { 1 } else { MOST_REPETITIONS };
        self.idempotent && self.repetitions < most
    }
}

/// What follows from an outcome.
pub(crate) enum Conclusion<T, E> {
    Ended(Result<T, CallError<E>>),
    Again(Sending, Terms),
}

/// `read` makes of the reply what the caller wants.
pub(crate) fn conclude<T, E: 'static>(
    outcome: Outcome,
    mut in_flight: InFlight,
    mut terms: Terms,
    read: impl FnOnce(RawReply, Reading<'_>) -> Result<T, CallError<E>>,
) -> Conclusion<T, E> {
    let failure = match outcome {
        Outcome::Replied(reply) => match read(reply, in_flight.reading(&terms)) {
            Err(CallError::Fault(fault)) => {
                // It certainly did not run there, and that server takes nothing more.
                if *fault.code() == FaultCode::ShuttingDown
                    && terms.repetitions < MOST_REPETITIONS
                    && let Some(sending) = in_flight.send_again()
                {
                    terms.repetitions += 1;
                    return Conclusion::Again(sending, terms);
                }
                // The server was told of the caller's time rounded up, and later: its answer may only be here first because timeouts are
                // noticed late. One outcome for both.
                if *fault.code() == FaultCode::DeadlineExceeded && in_flight.is_late() {
                    return Conclusion::Ended(Err(in_flight.timed_out().into_error(&terms)));
                }
                let fault = if terms.lost_before.is_some() { fault.of_repetition() } else { fault };
                return Conclusion::Ended(Err(mapped(CallError::Fault(fault), terms.error_maps.as_deref())));
            }
            result => {
                return Conclusion::Ended(result.map_err(|error| mapped(error, terms.error_maps.as_deref())));
            }
        },
        Outcome::Unroutable => in_flight.unroutable(),
        Outcome::TimedOut => in_flight.timed_out(),
        Outcome::Disconnected(lost) => match in_flight.failure_of_loss(Arc::clone(&lost)) {
            Failure::Lost(..) if terms.may_be_repeated_after(&lost) => match in_flight.send_again() {
                Some(sending) => {
                    terms.repetitions += 1;
                    terms.lost_before.get_or_insert(lost);
                    return Conclusion::Again(sending, terms);
                }
                None => in_flight.failure_of_loss(lost),
            },
            failure => failure,
        },
    };
    Conclusion::Ended(Err(failure.into_error(&terms)))
}

/// What the typed client makes of the error of a foreign server.
pub(crate) fn mapped<E: 'static>(error: CallError<E>, maps: Option<&ErrorMaps>) -> CallError<E> {
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
