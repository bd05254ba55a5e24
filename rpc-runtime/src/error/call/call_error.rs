//! Why a call has no result, and what that says of execution.

use std::fmt;

use amqp_rpc_transport::CannotBlock;

use super::{
    AccessRefused, Blocked, Disconnected, Nacked, NoConsumer, TimedOut, TooLarge, Undecodable, Unencodable,
    Unroutable,
};
use crate::message::{Execution, Fault, Violations};

/// Why a call has no result. `E` is the method's own error.
///
/// Ask [`execution`](Self::execution) whether the method ran, and [`is_retryable`](Self::is_retryable) whether making the
/// call again can help and is safe.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The method ran and returned its own error.
    Method(E),
    /// The server refused the call or failed at it.
    Fault(Fault),
    /// No queue takes the request: the service was never started on this broker, or the exchange is missing.
    Unroutable(Unroutable),
    /// Nobody consumes the method's queue. Only calls that [fail fast](crate::Call::fail_fast) end with it.
    NoConsumer(NoConsumer),
    /// No reply came in time.
    Timeout(TimedOut),
    /// The connection or its channel was lost before the reply came.
    Disconnected(Disconnected),
    /// The broker takes no messages at the moment.
    Blocked(Blocked),
    /// The broker did not take the message. Only notifications and events end with it.
    Nacked(Nacked),
    /// The client's user may not write to the method's exchange.
    AccessRefused(AccessRefused),
    /// The encoded request is larger than this client sends.
    TooLarge(TooLarge),
    /// A value of the request breaks a rule of the contract. Only clients that [validate](crate::ClientBuilder::validate) end with it;
    /// otherwise the server finds it, and answers `bad_request`.
    Invalid(Violations),
    /// The request could not be encoded.
    Encode(Unencodable),
    /// A reply came, but it is not what the method's types say.
    Decode(Undecodable),
    /// The client was closed before the call was sent.
    Closed,
    /// The thread could not [wait](crate::blocking::Wait::wait) for it. Only calls of a [`blocking::Client`](crate::blocking::Client) end
    /// with it.
    CannotBlock(CannotBlock),
}

impl<E> CallError<E> {
    /// The same with another error of the method's own.
    pub fn map<F>(self, change: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Method(error) => CallError::Method(change(error)),
            Self::Fault(fault) => CallError::Fault(fault),
            Self::Unroutable(unroutable) => CallError::Unroutable(unroutable),
            Self::NoConsumer(no_consumer) => CallError::NoConsumer(no_consumer),
            Self::Timeout(timeout) => CallError::Timeout(timeout),
            Self::Disconnected(disconnected) => CallError::Disconnected(disconnected),
            Self::Blocked(blocked) => CallError::Blocked(blocked),
            Self::Nacked(nacked) => CallError::Nacked(nacked),
            Self::AccessRefused(refused) => CallError::AccessRefused(refused),
            Self::TooLarge(too_large) => CallError::TooLarge(too_large),
            Self::Invalid(violations) => CallError::Invalid(violations),
            Self::Encode(error) => CallError::Encode(error),
            Self::Decode(error) => CallError::Decode(error),
            Self::Closed => CallError::Closed,
            Self::CannotBlock(why) => CallError::CannotBlock(why),
        }
    }

    /// Whether the method ran.
    #[must_use]
    pub fn execution(&self) -> Execution {
        match self {
            Self::Method(_) => Execution::Completed,
            Self::Decode(undecodable) => undecodable.execution,
            Self::Fault(fault) => fault.execution(),
            Self::Timeout(timeout) => timeout.phase.execution(),
            Self::Disconnected(disconnected) => disconnected.phase.execution(),
            Self::Nacked(_) => Execution::Unknown,
            Self::Unroutable(_)
            | Self::NoConsumer(_)
            | Self::Blocked(_)
            | Self::AccessRefused(_)
            | Self::TooLarge(_)
            | Self::Invalid(_)
            | Self::Encode(_)
            | Self::Closed
            | Self::CannotBlock(_) => Execution::Never,
        }
    }

    /// Whether the same call may succeed if it is made again, without the risk of running twice.
    ///
    /// True when it did not run and the cause may pass, or when its outcome is unknown and the method is declared
    /// `idempotent`.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.is_retryable(),
            // Who would wait for the repetition has no more time.
            Self::Timeout(timeout) if timeout.inherited => false,
            Self::Timeout(timeout) => timeout.phase.is_retryable(timeout.idempotent),
            Self::Disconnected(disconnected) => disconnected.phase.is_retryable(disconnected.idempotent),
            Self::Unroutable(_) | Self::NoConsumer(_) | Self::Blocked(_) => true,
            Self::Nacked(nacked) => nacked.idempotent,
            Self::Method(_)
            | Self::AccessRefused(_)
            | Self::TooLarge(_)
            | Self::Invalid(_)
            | Self::Encode(_)
            | Self::Decode(_)
            | Self::Closed
            | Self::CannotBlock(_) => false,
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(error) => error.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
            Self::Unroutable(unroutable) => unroutable.fmt(f),
            Self::NoConsumer(no_consumer) => no_consumer.fmt(f),
            Self::Timeout(timeout) => timeout.fmt(f),
            Self::Disconnected(disconnected) => disconnected.fmt(f),
            Self::Blocked(blocked) => blocked.fmt(f),
            Self::Nacked(nacked) => nacked.fmt(f),
            Self::AccessRefused(refused) => refused.fmt(f),
            Self::TooLarge(too_large) => too_large.fmt(f),
            Self::Invalid(violations) => violations.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
            Self::Closed => f.write_str("the client is closed"),
            Self::CannotBlock(why) => why.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for CallError<E> {
    // What is displayed in full is skipped: a chain printed by the user repeats nothing.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Method(error) => error.source(),
            Self::Encode(error) => error.source(),
            Self::Decode(error) => error.source(),
            _ => None,
        }
    }
}
