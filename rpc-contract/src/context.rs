//! The context of a call, for the method that serves it.

use std::{
    num::NonZero,
    sync::Arc,
    time::{Duration, Instant},
};

use smol_str::SmolStr;

#[cfg(feature = "scope")]
use crate::inherited::Inherited;
use crate::{
    definitions::{MethodDef, MethodKind},
    headers::Headers,
};

/// The context of a call that is served: its address, its headers and its time. A parameter marked
/// `#[rpc(context)]` receives it.
///
/// Its `Debug` shows the names of headers and not their values, which may be tokens.
#[derive(Clone)]
pub struct Context(Box<ContextParts>);

/// What the server knows of a request before its method runs.
#[expect(missing_debug_implementations, reason = "shown by its context, without the values of headers")]
#[derive(Clone)]
pub struct ContextParts {
    /// The method that was called.
    pub method: &'static MethodDef,
    /// The exchange that the request was published to.
    pub exchange: SmolStr,
    /// The routing key that it was published with.
    pub routing_key: SmolStr,
    /// The broker delivered it before.
    pub redelivered: bool,
    /// When its caller stops waiting.
    pub deadline: Option<Instant>,
    /// A caller waits for a reply.
    pub has_caller: bool,
    /// Its headers.
    pub headers: Headers,
    /// Its content type.
    pub content_type: Option<SmolStr>,
    /// Its user, as the broker verified it.
    pub user_id: Option<Arc<str>>,
    /// Its application.
    pub app_id: Option<Arc<str>>,
    /// Its message id.
    pub message_id: Option<SmolStr>,
    /// Its correlation id.
    pub correlation_id: Option<SmolStr>,
    /// Its priority.
    pub priority: Option<u8>,
    /// The number of the activation of its partition's consumer.
    pub fencing_token: Option<NonZero<u64>>,
}

impl From<ContextParts> for Context {
    fn from(parts: ContextParts) -> Self {
        Self(Box::new(parts))
    }
}

impl Context {
    /// For the server, which may shorten the deadline or add headers before the method runs.
    #[doc(hidden)]
    pub fn parts_mut(&mut self) -> &mut ContextParts {
        &mut self.0
    }

    /// The method that was called.
    #[must_use]
    pub fn method(&self) -> &'static MethodDef {
        self.0.method
    }

    /// The exchange that the request was published to. Empty for the default exchange.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.0.exchange
    }

    /// The routing key that the request was published with.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.0.routing_key
    }

    /// The topic of an event: the words after the event's name in the routing key. `None` for an empty topic,
    /// and for calls and notifications.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        let topic = self.0.routing_key.strip_prefix(self.0.method.routing_key)?.strip_prefix('.')?;
        Some(topic).filter(|topic| self.0.method.kind == MethodKind::Event && !topic.is_empty())
    }

    /// Returns whether the broker delivered this request before. Another server, or this one, may have run
    /// it.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        self.0.redelivered
    }

    /// Returns whether a caller waits for a reply. False for notifications, events, and requests without
    /// `reply_to`.
    ///
    /// A layer that is overloaded refuses a call that has a caller. It should let a call without a caller
    /// wait, because a refusal would reach no one. If it refuses the call with `overloaded`, the server holds
    /// the call and retries it, with pauses that grow to one second.
    #[must_use]
    pub fn has_caller(&self) -> bool {
        self.0.has_caller
    }

    /// The time at which the caller stops waiting, if the request states it.
    ///
    /// The server counts the remaining time of the request from its receipt, because clocks of different
    /// machines are not compared. Time spent in the queue is therefore not included. The broker drops
    /// requests that expire in the queue.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The time that the caller still waits. Zero when it is over, `None` without a limit.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.0.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The headers that came with the request.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.0.headers
    }

    /// The content type of the request. A body without one is read as JSON.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.0.content_type.as_deref()
    }

    /// The user that published the request (`user_id`). The broker refuses a message with the name of another
    /// user.
    ///
    /// `None` if the caller does not send it, which the option `send_user_id` of its client does.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.0.user_id.as_deref()
    }

    /// The application that published the request (`app_id`), as the caller states it. It is not verified.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.0.app_id.as_deref()
    }

    /// The message id, if the caller set one.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.0.message_id.as_deref()
    }

    /// The idempotency key of the request, which is its `message_id`: equal in all repetitions of a call or a
    /// message, and in no other. `None` if there is none, or an empty one.
    ///
    /// Calls of `#[rpc(deduplicate)]` methods, notifications and events always have one; other calls if the caller
    /// sets it (`Call::idempotency_key`). The caller chose it, so use it together with what identifies the caller
    /// where callers do not trust each other. A method that stores it in the same database transaction as its effect
    /// has that effect exactly once.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.message_id().filter(|key| !key.is_empty())
    }

    /// The correlation id, by which the caller matches the reply to its call. The caller chose it.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// The priority of the request, 0 to 255.
    #[must_use]
    pub fn priority(&self) -> Option<u8> {
        self.0.priority
    }

    /// The fencing token of a method that is locked in a cluster (`lock_scope = "cluster"`). `None` for other methods,
    /// and for clients in the same process.
    ///
    /// The broker lets one process at a time run the requests of a key. A process that was stopped, or cut off, may
    /// still run its method when the broker has handed the lock over. The method of the new holder has a greater
    /// token. Store the greatest token that was seen with the data that the lock protects, and refuse a write with a
    /// smaller one.
    ///
    /// Each time that the broker hands over, the token grows; as long as one process holds the lock, it stays the
    /// same. Requests of one key have comparable tokens, and so have all requests of a partition; gaps mean nothing.
    /// It is below 2^53 for the next 280,000 years, so that it can be kept as a double.
    #[must_use]
    pub fn fencing_token(&self) -> Option<u64> {
        self.0.fencing_token.map(NonZero::get)
    }

    /// Runs `future` in the scope of this call. Calls made there inherit its [deadline](Self::deadline) and
    /// its trace (the headers `traceparent`, `tracestate` and `baggage`).
    ///
    /// Calls that a method makes in its own task, or on its own thread if it is `blocking`, inherit both
    /// without this, also if another task awaits them. Calls made in spawned tasks inherit them only if the
    /// task is wrapped in this. `Call::detached` is the opposite.
    ///
    /// ```
    /// # extern crate amqp_rpc_contract as amqp_rpc;
    /// use amqp_rpc::Context;
    /// async fn in_the_background(cx: &Context, work: impl Future<Output = ()> + Send + 'static) {
    ///     tokio::spawn(cx.scope(work));
    /// }
    /// ```
    #[cfg(feature = "scope")]
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Inherited::from(self.0.deadline, &self.0.headers).scope(future)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("method", &self.0.method.full_name)
            .field("exchange", &self.0.exchange)
            .field("routing_key", &self.0.routing_key)
            .field("redelivered", &self.0.redelivered)
            .field("remaining", &self.remaining())
            .field("has_caller", &self.0.has_caller)
            .field("headers", &self.0.headers.names())
            .field("content_type", &self.0.content_type)
            .field("user_id", &self.0.user_id)
            .field("app_id", &self.0.app_id)
            .field("message_id", &self.0.message_id)
            .field("correlation_id", &self.0.correlation_id)
            .field("priority", &self.0.priority)
            .field("fencing_token", &self.0.fencing_token)
            .finish()
    }
}
