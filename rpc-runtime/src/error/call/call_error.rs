//! The error of a call, its execution, and whether the call is retryable.

use std::fmt;

use amqp_rpc_transport::CannotBlock;

use super::{
    AccessRefused, Blocked, CircuitOpen, Disconnected, Nacked, NoConsumer, TimedOut, TooLarge, Undecodable,
    Unencodable, Unroutable,
};
use crate::{
    contract::NoError,
    message::{Execution, Fault, Violations},
};

/// The error of a call. `E` is the method's own error.
///
/// [`execution`](Self::execution) says whether the method ran. [`is_retryable`](Self::is_retryable) says
/// whether repeating the call is useful and safe.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The method ran and returned its own error.
    Method(E),
    /// The server refused the call, or failed while it served it.
    Fault(Fault),
    /// No queue takes the request: no server declared one on this broker, or the exchange does not exist.
    Unroutable(Unroutable),
    /// The method's queue has no consumer. Only for calls that [fail fast](crate::Call::fail_fast).
    NoConsumer(NoConsumer),
    /// No reply, or no publisher confirm, came in time.
    Timeout(TimedOut),
    /// The connection or its channel was lost before the reply came.
    Disconnected(Disconnected),
    /// The broker is short of memory or disk, and accepts no messages.
    Blocked(Blocked),
    /// Most calls of the queue have failed lately, and the client's layer
    /// [`CircuitBreaker`](crate::layers::CircuitBreaker) sends no more for now.
    CircuitOpen(CircuitOpen),
    /// The broker refused the message with a negative publisher confirm. Only for notifications and events.
    Nacked(Nacked),
    /// The client's user has no permission to write to the method's exchange.
    AccessRefused(AccessRefused),
    /// The encoded request is larger than the client's limit.
    TooLarge(TooLarge),
    /// A value of the request breaks a rule of the contract. Only from clients that
    /// [validate](crate::client::ClientBuilder::validate). Otherwise the server checks the values, and
    /// replies `bad_request`.
    Invalid(Violations),
    /// The request could not be encoded.
    Encode(Unencodable),
    /// The reply could not be decoded as the method's types.
    Decode(Undecodable),
    /// The client was closed before the call was sent.
    Closed,
    /// The thread may not [block](crate::client::blocking::Wait::wait). Only for calls of a
    /// [`blocking::Client`](crate::client::blocking::Client).
    CannotBlock(CannotBlock),
}

impl<E> CallError<E> {
    /// Converts the method's own error with `change`.
    pub fn map<F>(self, change: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Method(error) => CallError::Method(change(error)),
            Self::Fault(fault) => CallError::Fault(fault),
            Self::Unroutable(unroutable) => CallError::Unroutable(unroutable),
            Self::NoConsumer(no_consumer) => CallError::NoConsumer(no_consumer),
            Self::Timeout(timeout) => CallError::Timeout(timeout),
            Self::Disconnected(disconnected) => CallError::Disconnected(disconnected),
            Self::Blocked(blocked) => CallError::Blocked(blocked),
            Self::CircuitOpen(open) => CallError::CircuitOpen(open),
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

    /// The method's own error, or the error of the call without the method's type: to handle the one here, and
    /// pass the other to code that is the same for all methods.
    ///
    /// ```
    /// # extern crate amqp_rpc_runtime as amqp_rpc;
    /// use amqp_rpc::{CallError, contract::NoError};
    ///
    /// fn status_of_failure(error: &CallError<NoError>) -> u16 {
    ///     if error.is_retryable() { 503 } else { 500 }
    /// }
    ///
    /// fn status(error: CallError<String>) -> (u16, String) {
    ///     match error.into_method() {
    ///         Ok(refused) => (409, refused),
    ///         Err(failure) => (status_of_failure(&failure), failure.to_string()),
    ///     }
    /// }
    /// assert_eq!(status(CallError::Method("sold out".into())), (409, "sold out".into()));
    /// assert_eq!(status(CallError::Closed).0, 500);
    /// ```
    ///
    /// # Errors
    /// The error of the call, which is no [`Method`](Self::Method).
    pub fn into_method(self) -> Result<E, CallError<NoError>> {
        match self {
            Self::Method(error) => Ok(error),
            failure => Err(failure.map(|_| unreachable!("the method's own error was taken out"))),
        }
    }

    /// The method's own error; of any other error, what `change` makes of it.
    pub fn method_or(self, change: impl FnOnce(CallError<NoError>) -> E) -> E {
        self.into_method().unwrap_or_else(change)
    }

    /// The method's own error, if it is one.
    #[must_use]
    pub fn as_method(&self) -> Option<&E> {
        match self {
            Self::Method(error) => Some(error),
            _ => None,
        }
    }

    /// The execution of the method: `Never`, `Unknown` or `Completed`.
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
            | Self::CircuitOpen(_)
            | Self::AccessRefused(_)
            | Self::TooLarge(_)
            | Self::Invalid(_)
            | Self::Encode(_)
            | Self::Closed
            | Self::CannotBlock(_) => Execution::Never,
        }
    }

    /// Returns whether repeating the call may succeed, without the risk of running it twice.
    ///
    /// True if the method did not run and the cause is temporary, or if the outcome is unknown and the method
    /// is declared `idempotent`.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.is_retryable(),
            // The deadline of the enclosing call is over, so a repetition would fail in the same way.
            Self::Timeout(timeout) if timeout.inherited => false,
            Self::Timeout(timeout) => timeout.phase.is_retryable(timeout.idempotent),
            Self::Disconnected(disconnected) => disconnected.phase.is_retryable(disconnected.idempotent),
            Self::Unroutable(_) | Self::NoConsumer(_) | Self::Blocked(_) | Self::CircuitOpen(_) => true,
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
            Self::CircuitOpen(open) => open.fmt(f),
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
    // Sources that `Display` shows already are skipped, so that a printed chain repeats nothing.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Method(error) => error.source(),
            Self::Encode(error) => error.source(),
            Self::Decode(error) => error.source(),
            _ => None,
        }
    }
}
