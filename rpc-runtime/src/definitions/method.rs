//! A method as its trait declares it.

use std::time::Duration;

use super::{MethodKind, Repetition};

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
const DEFAULT_EXCHANGE: &str = "amqp-rpc";

/// The exchange of events whose service names none: topic and durable.
const EVENT_EXCHANGE: &str = "amqp-rpc.events";
