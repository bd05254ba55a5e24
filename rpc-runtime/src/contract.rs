//! What generated code implements: the contract that a client and a server share, as plain data.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::message::{Fault, IncomingCall, Reply, Violations};

/// A type that can travel in a request or a reply.
///
/// Implemented for everything that is `Serialize + DeserializeOwned + Send + 'static`; it exists so that a missing derive
/// is reported by one sentence about the user's own type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel over the wire",
    label = "needs `serde::Serialize` and `serde::Deserialize`, and must be `Send + 'static`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`, or take an owned type that has both"
)]
pub trait WireType: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> WireType for T {}

/// The request of one method: the struct that travels, and the name of everything that belongs to the method.
pub trait Request: WireType {
    /// Names, address and promises of the method.
    const METHOD: &'static MethodDef;
    /// What a successful call travels back as.
    type Response: Response;
    /// The method's own error; [`NoError`] for a method that does not return a `Result`.
    type Error: WireType;

    /// The body, where the request travels as raw bytes.
    #[doc(hidden)]
    fn to_raw(&self) -> Option<Bytes> {
        None
    }

    /// The request, where it travels as raw bytes; else the body.
    #[doc(hidden)]
    fn from_raw(body: Bytes) -> Result<Self, Bytes> {
        Err(body)
    }

    /// Checks the values against the rules of the contract; without rules they are all valid.
    ///
    /// # Errors
    /// Everything that breaks a rule.
    fn validate(&self) -> Result<(), Violations> {
        Ok(())
    }
}

/// The successful result of one method, as it travels: a transparent newtype over the method's value.
pub trait Response: WireType {
    /// What the caller of the method receives.
    type Value: Send + 'static;
    /// Wraps what the method returned.
    fn from_value(value: Self::Value) -> Self;
    /// Unwraps what the caller receives.
    fn into_value(self) -> Self::Value;

    /// The body, where the value travels as raw bytes.
    #[doc(hidden)]
    fn to_raw(&self) -> Option<Bytes> {
        None
    }

    /// The value, where it travels as raw bytes; else the body.
    #[doc(hidden)]
    fn from_raw(body: Bytes) -> Result<Self, Bytes> {
        Err(body)
    }

    /// Checks the value against the rules of its type, for methods with `#[rpc(validate_result)]`; others have no rules.
    ///
    /// # Errors
    /// Everything that breaks a rule.
    fn validate(&self) -> Result<(), Violations> {
        Ok(())
    }
}

/// The request of a `#[rpc(notify)]` method: a message that one server works off and nobody answers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no notification",
    label = "its method is not marked `#[rpc(notify)]`"
)]
pub trait Notification: Request<Response = NoReply, Error = NoError> {}

/// The request of a `#[rpc(event)]` method: a message that every group of subscribers receives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "its method is not marked `#[rpc(event)]`"
)]
pub trait Event: Request<Response = NoReply, Error = NoError> {}

/// The response of notifications and events, which nobody waits for: `null`, where a foreign client asks for one all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoReply(());

impl Response for NoReply {
    type Value = ();

    fn from_value((): ()) -> Self {
        Self(())
    }

    fn into_value(self) {}
}

/// The error of a method that returns a plain value: there is none, and no value of this type exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NoError {}

impl std::fmt::Display for NoError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for NoError {}

/// Implemented by the generated `…Server`: what is served, and how a call finds its method.
pub trait Service: Send + Sync + 'static {
    /// Name and methods of the service.
    const DEFINITION: &'static ServiceDef;

    /// The definition of this value; another one than [`DEFINITION`](Self::DEFINITION) only of services that are made while the program
    /// runs, such as a [`RawService`](crate::RawService).
    fn definition(&self) -> &'static ServiceDef {
        Self::DEFINITION
    }

    /// Runs the method that `call` names.
    ///
    /// The future owns all it needs. It may panic: the server answers `panicked` and goes on.
    fn dispatch(&self, call: IncomingCall) -> ServeFuture;
}

/// What [`Service::dispatch`] returns: the reply, or the fault that takes its place.
pub type ServeFuture = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// A service as its trait declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceDef {
    /// Name on the wire, such as `fib`.
    pub name: &'static str,
    /// Every method, in the order of the trait.
    pub methods: &'static [&'static MethodDef],
}

impl ServiceDef {
    /// A service called `name`.
    #[must_use]
    pub const fn new(name: &'static str, methods: &'static [&'static MethodDef]) -> Self {
        Self { name, methods }
    }
}

/// A method as its trait declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MethodDef {
    /// Name of the service on the wire, such as `fib`.
    pub service: &'static str,
    /// `{service}.{method}`, such as `fib.compute`: the `type` property of its requests.
    pub full_name: &'static str,
    /// Whether it is called, notified, or published as an event.
    pub kind: MethodKind,
    /// The exchange that requests are published to; empty for the default exchange.
    pub exchange: &'static str,
    /// The routing key of its requests; of events, what their routing keys begin with.
    pub routing_key: &'static str,
    /// The queue its requests wait in; empty for an event, for every subscription has a queue of its own.
    pub queue: &'static str,
    /// The timeout that the trait gives the method, if it does.
    pub timeout: Option<Duration>,
    /// Whether running it twice is harmless, or forbidden.
    pub repetition: Repetition,
    /// Its requests are given to it whatever their content type is.
    pub(crate) reads_anything: bool,
}

impl MethodDef {
    /// A method of `service`; address and promises are added by the other constructors.
    ///
    /// Without them: exchange `amqp-rpc`, routing key = `full_name`, queue = `service`.
    #[must_use]
    pub const fn new(service: &'static str, full_name: &'static str) -> Self {
        Self {
            service,
            full_name,
            kind: MethodKind::Call,
            exchange: DEFAULT_EXCHANGE,
            routing_key: full_name,
            queue: service,
            timeout: None,
            repetition: Repetition::Undeclared,
            reads_anything: false,
        }
    }

    /// The service that a method of this name belongs to where nothing else is said: what comes before the last dot.
    pub(crate) fn service_of(full_name: &str) -> &str {
        full_name.rsplit_once('.').map_or(full_name, |(service, _)| service)
    }

    /// Gives it its requests whatever their content type is, not decoded.
    #[must_use]
    pub const fn reading_anything(mut self) -> Self {
        self.reads_anything = true;
        self
    }

    /// Makes it one that nobody answers, run by one server.
    #[must_use]
    pub const fn notify(mut self) -> Self {
        self.kind = MethodKind::Notify;
        self
    }

    /// Makes it one that every group of subscribers receives, through the topic exchange `amqp-rpc.events`.
    #[must_use]
    pub const fn event(mut self) -> Self {
        self.kind = MethodKind::Event;
        self.exchange = EVENT_EXCHANGE;
        self.queue = "";
        self
    }

    /// Publishes requests to `exchange`; empty for the default exchange, where `routing_key` must equal `queue`.
    #[must_use]
    pub const fn exchange(mut self, exchange: &'static str) -> Self {
        self.exchange = exchange;
        self
    }

    /// Publishes requests under `routing_key`.
    #[must_use]
    pub const fn routing_key(mut self, routing_key: &'static str) -> Self {
        self.routing_key = routing_key;
        self
    }

    /// Lets requests wait in `queue`.
    #[must_use]
    pub const fn queue(mut self, queue: &'static str) -> Self {
        self.queue = queue;
        self
    }

    /// Gives calls of this method a timeout of their own.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Declares what running it twice means.
    #[must_use]
    pub const fn repetition(mut self, repetition: Repetition) -> Self {
        self.repetition = repetition;
        self
    }
}

/// The exchange of a service that names none: direct and durable.
pub(crate) const DEFAULT_EXCHANGE: &str = "amqp-rpc";

/// The exchange of events whose service names none: topic and durable.
pub(crate) const EVENT_EXCHANGE: &str = "amqp-rpc.events";

/// What a method is to its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MethodKind {
    /// One server runs it and answers.
    #[default]
    Call,
    /// `#[rpc(notify)]`: one server runs it; nobody answers.
    Notify,
    /// `#[rpc(event)]`: every group of subscribers receives it; nobody answers.
    Event,
}

/// What the trait says of running a method twice for one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repetition {
    /// Nothing is said: a request that was redelivered runs again, a call whose outcome is unknown is not retryable.
    #[default]
    Undeclared,
    /// `#[rpc(idempotent)]`: twice is as good as once, so a call whose outcome is unknown may be retried.
    Idempotent,
    /// `#[rpc(at_most_once)]`: a request that may have run before is not run again; its caller gets `maybe_executed`.
    AtMostOnce,
}
