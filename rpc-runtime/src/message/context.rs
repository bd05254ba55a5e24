//! What a method may know about the call it serves.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::Headers;

use super::Inherited;
use crate::definitions::{MethodDef, MethodKind};

/// What a method may know about the call it serves; a parameter marked `#[rpc(context)]` receives it.
///
/// Its `Debug` shows the names of headers and not their values, which may be tokens.
#[derive(Clone)]
pub struct Context {
    pub(crate) method: &'static MethodDef,
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) redelivered: bool,
    pub(crate) deadline: Option<Instant>,
    pub(crate) has_caller: bool,
    pub(crate) headers: Headers,
    pub(crate) content_type: Option<String>,
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) app_id: Option<Arc<str>>,
    pub(crate) message_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) priority: Option<u8>,
}

impl Context {
    /// The method that was called.
    #[must_use]
    pub fn method(&self) -> &'static MethodDef {
        self.method
    }

    /// The exchange the request was published to; empty for the default exchange.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// The routing key the request was published under.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.routing_key
    }

    /// What an event is about, as its publisher said: the words after the event's own name in the routing key. `None` for the empty topic,
    /// and for everything that is no event.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        let topic = self.routing_key.strip_prefix(self.method.routing_key)?.strip_prefix('.')?;
        Some(topic).filter(|topic| self.method.kind == MethodKind::Event && !topic.is_empty())
    }

    /// Whether the broker delivered this request before: another server, or this one, may have run it.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        self.redelivered
    }

    /// Whether somebody waits for a reply: not for that of a notification or an event, nor of a request without an address for it.
    ///
    /// A layer that has too much to do refuses a call with a caller. One without had better wait: nobody would hear of the refusal.
    /// The server holds it and tries it again, after pauses that grow to a second.
    #[must_use]
    pub fn has_caller(&self) -> bool {
        self.has_caller
    }

    /// When the caller stops waiting, if the request said so.
    ///
    /// Counted from the receipt of the request with the time that was left when it was sent: clocks of different machines
    /// are never compared, so time spent in the queue is not seen here (the broker drops what expires there).
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How long the caller still waits; zero when its time is over, `None` when it set no limit.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The headers that came with the request.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// What the request says that its body is. The library reads a body without one as JSON.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The broker user that sent the request; the broker refuses a message that claims another one.
    ///
    /// `None` when the caller did not state it.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The application that says it sent the request. Nobody checks it.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.app_id.as_deref()
    }

    /// The id that the caller gave the message, if any.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The id that ties the reply to its call. Opaque: the caller chose it.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The priority that the caller asked for, 0 to 255.
    #[must_use]
    pub fn priority(&self) -> Option<u8> {
        self.priority
    }

    /// Makes calls that `future` makes inherit from this one: they wait no longer than until its [deadline](Self::deadline), and carry
    /// its trace (the headers `traceparent`, `tracestate` and `baggage`).
    ///
    /// Calls that a method makes in its own task, or on its own thread where it is `blocking`, do so anyway. What it spawns does not
    /// unless it is wrapped in this. See [`Call::detached`](crate::Call::detached) for the opposite.
    ///
    /// ```
    /// # use amqp_rpc_runtime::Context;
    /// async fn in_the_background(cx: &Context, work: impl Future<Output = ()> + Send + 'static) {
    ///     tokio::spawn(cx.scope(work));
    /// }
    /// ```
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Inherited::from(self.deadline, &self.headers).scope(future)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("method", &self.method.full_name)
            .field("exchange", &self.exchange)
            .field("routing_key", &self.routing_key)
            .field("redelivered", &self.redelivered)
            .field("remaining", &self.remaining())
            .field("has_caller", &self.has_caller)
            .field("headers", &self.headers.names())
            .field("content_type", &self.content_type)
            .field("user_id", &self.user_id)
            .field("app_id", &self.app_id)
            .field("message_id", &self.message_id)
            .field("correlation_id", &self.correlation_id)
            .field("priority", &self.priority)
            .finish()
    }
}
