//! How a call ended, in a word: for spans and metrics of both sides.

use crate::{
    contract::NoError,
    error::CallError,
    message::{Fault, FaultCode, Reply, ReplyKind},
};

/// # Errors
/// A fault's code, or `error` for the method's own.
pub(super) fn of_reply(outcome: &Result<Reply, Fault>) -> Result<(), &str> {
    match outcome {
        Ok(reply) => of_kind(reply.kind()),
        Err(fault) => Err(of_fault(fault)),
    }
}

/// # Errors
/// The same, or why there is no answer.
pub(super) fn of_answer(outcome: &Result<Reply, CallError<NoError>>) -> Result<(), &str> {
    let error = match outcome {
        Ok(answer) => return of_kind(answer.kind()),
        Err(error) => error,
    };
    Err(match error {
        CallError::Method(none) => match *none {},
        CallError::Fault(fault) => of_fault(fault),
        CallError::Unroutable(_) => "unroutable",
        CallError::NoConsumer(_) => "no_consumer",
        CallError::Timeout(_) => "timeout",
        CallError::Disconnected(_) => "disconnected",
        CallError::Blocked(_) => "blocked",
        CallError::Nacked(_) => "nacked",
        CallError::AccessRefused(_) => "access_refused",
        CallError::TooLarge(_) => "too_large",
        CallError::Invalid(_) => "invalid",
        CallError::Encode(_) => "encode",
        CallError::Decode(_) => "decode",
        CallError::Closed => "closed",
        CallError::CannotBlock(_) => "cannot_block",
    })
}

/// Of a call that is dropped before it has ended.
pub(super) fn of_dropped() -> &'static str {
    if std::thread::panicking() { "panicked" } else { "cancelled" }
}

fn of_kind<'a>(kind: ReplyKind) -> Result<(), &'a str> {
    match kind {
        ReplyKind::Result => Ok(()),
        ReplyKind::Error => Err("error"),
    }
}

/// Codes that this version does not know are as many as a peer likes to send: too many for a label.
fn of_fault(fault: &Fault) -> &str {
    match fault.code() {
        FaultCode::Other(_) => "_OTHER",
        code => code.as_str(),
    }
}
