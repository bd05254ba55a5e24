//! A failed call, as the log records it, and as the user's exclusions see it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

use crate::{
    codec::AnyCodec,
    contract::MethodDef,
    message::{Fault, FaultCode, Reply},
    server::services::{QueueKind, QueuePlan},
    wire::request::Caller,
};

/// A call that did not end with its method's value, as [`Server::log_exclude`](crate::Server::log_exclude)
/// sees it.
pub struct FailedCall<'a> {
    pub(crate) cause: Cause<'a>,
    /// The codec of the reply.
    pub(crate) codec: &'a AnyCodec,
    pub(crate) request: &'a RequestInfo,
    pub(crate) queue: Option<&'a str>,
    pub(crate) correlation_id: Option<&'a str>,
    pub(crate) has_caller: bool,
}

/// Why the call has no value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause<'a> {
    Fault(&'a Fault),
    /// The method returned its own error.
    Error(&'a Reply),
    /// The call was dropped while it ran: the server stops, or has lost its connection.
    Cancelled,
}

/// The facts about a request that are logged if it fails.
#[derive(Debug)]
pub(crate) struct RequestInfo {
    pub(crate) method: Option<&'static MethodDef>,
    /// The queue of an event, which may have come to several groups.
    pub(crate) events: Option<Arc<QueuePlan>>,
    /// It came from the overflow of a full queue.
    pub(crate) is_overflow: bool,
    /// Only if the request states a user or an application.
    pub(crate) caller: Option<Box<Caller>>,
    /// Of the caller's trace.
    pub(crate) trace_id: Option<Box<str>>,
    pub(crate) redelivered: bool,
    /// It is a message with several calls, which were not read.
    pub(crate) is_coalesced: bool,
    pub(crate) is_malformed: bool,
    pub(crate) received_at: Instant,
}

impl FailedCall<'_> {
    /// The method that was called; `None` when the request named none that is served.
    #[must_use]
    pub fn method(&self) -> Option<&'static MethodDef> {
        self.request.method
    }

    /// The queue that the request came to. Known of events, and of requests that no method sees.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        self.queue.or(self.request.events.as_ref().map(|queue| queue.name()))
    }

    /// Returns whether the request is dropped and not kept as a dead letter: an event that a listener failed
    /// with, or a request without a caller that came from the overflow of a full queue. The broker has told
    /// its publisher by a negative confirm, if it asked for confirms.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        let of_listener = self.request.events.as_ref().is_some_and(|queue| queue.kind == QueueKind::Listener);
        let is_overflow = self.request.is_overflow && !self.has_caller;
        (of_listener || is_overflow) && !self.is_cancelled()
    }

    /// Returns what the caller gets in place of a result; `None` for the method's own error, and for a
    /// cancelled call.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self.cause {
            Cause::Fault(fault) => Some(fault),
            Cause::Error(_) | Cause::Cancelled => None,
        }
    }

    /// Returns whether the method returned its own error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.cause, Cause::Error(_))
    }

    /// The method's own error, if it can be read as an `E`. Decoded each time that it is asked for.
    ///
    /// Errors that look alike on the wire are told apart by [`method`](Self::method).
    #[must_use]
    pub fn error<E: DeserializeOwned>(&self) -> Option<E> {
        match self.cause {
            Cause::Error(reply) => self.codec.decode(&reply.body).ok(),
            Cause::Fault(_) | Cause::Cancelled => None,
        }
    }

    /// Returns whether the call was cancelled while it ran, because the server stops or has lost its
    /// connection. Its request will be delivered again, to this server or another.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause, Cause::Cancelled)
    }

    /// Returns whether a caller waits for a reply. Otherwise the request goes to the dead letters, unless it
    /// was cancelled or [has none](Self::is_dropped).
    #[must_use]
    pub fn has_caller(&self) -> bool {
        self.has_caller
    }

    /// Returns how long ago the request was received.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.request.received_at.elapsed()
    }

    /// The broker user that sent the request, where it was stated.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.request.caller.as_ref()?.user_id.as_deref()
    }

    /// The application that sent the request, as the request states it. The broker does not check it.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.request.caller.as_ref()?.app_id.as_deref()
    }

    /// The id that ties the reply to its call. Opaque: the caller chose it.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id
    }

    /// The id of the caller's trace, from the header `traceparent`. Clients with the layer
    /// [`Trace`](crate::layers::Trace) send one.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.request.trace_id.as_deref()
    }

    /// Returns whether the request was delivered before.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        self.request.redelivered
    }

    /// The outcome as one word: a fault's code, `error` or `cancelled`.
    #[must_use]
    pub fn outcome(&self) -> &str {
        match self.cause {
            Cause::Fault(fault) => fault.code().as_str(),
            Cause::Error(_) => "error",
            Cause::Cancelled => "cancelled",
        }
    }

    /// Returns whether the server refused the request on purpose: because of the request itself, or because
    /// of the load.
    pub(crate) fn is_refusal(&self) -> bool {
        self.fault().is_some_and(|fault| match fault.code() {
            FaultCode::BadRequest
            | FaultCode::UnknownMethod
            | FaultCode::UnsupportedMediaType
            | FaultCode::RequestTooLarge
            | FaultCode::Expired
            | FaultCode::Overloaded
            | FaultCode::Unauthorized
            | FaultCode::ShuttingDown
            | FaultCode::MaybeExecuted
            | FaultCode::InProgress => true,
            FaultCode::DeadlineExceeded
            | FaultCode::Panicked
            | FaultCode::Internal
            | FaultCode::ReplyTooLarge
            | FaultCode::InvalidResult
            | FaultCode::UnencodableReply
            | FaultCode::Other(_) => false,
        })
    }
}

// The method's own error is as private as its result: its text is not shown.
impl fmt::Debug for FailedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedCall")
            .field("method", &self.method().map(|method| method.full_name))
            .field("outcome", &self.outcome())
            .field("user_id", &self.user_id())
            .field("app_id", &self.app_id())
            .field("redelivered", &self.redelivered())
            .finish_non_exhaustive()
    }
}
