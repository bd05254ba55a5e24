//! The outcome of a call as one word, for spans and metrics.

use crate::{
    contract::NoError,
    error::CallError,
    message::{Fault, FaultCode, Reply, ReplyKind},
};

/// The outcome on a server.
///
/// # Errors
/// The code of a fault, or `error` for the method's own error.
pub(super) fn of_reply(outcome: &Result<Reply, Fault>) -> Result<(), &str> {
    match outcome {
        Ok(reply) => of_kind(reply.kind()),
        Err(fault) => Err(of_fault(fault)),
    }
}

/// The outcome on a client.
///
/// # Errors
/// The same, or the kind of the [`CallError`].
pub(super) fn of_call(outcome: &Result<Reply, CallError<NoError>>) -> Result<(), &str> {
    let error = match outcome {
        Ok(reply) => return of_kind(reply.kind()),
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
        CallError::CircuitOpen(_) => "circuit_open",
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

/// The outcome of a call that is dropped before it has ended.
pub(super) fn of_dropped() -> &'static str {
    if std::thread::panicking() { "panicked" } else { "cancelled" }
}

fn of_kind<'a>(kind: ReplyKind) -> Result<(), &'a str> {
    match kind {
        ReplyKind::Result => Ok(()),
        ReplyKind::Error => Err("error"),
    }
}

/// Unknown codes get one common label, because a peer could send any number of them.
fn of_fault(fault: &Fault) -> &str {
    match fault.code() {
        FaultCode::Other(_) => "_OTHER",
        code => code.as_str(),
    }
}
