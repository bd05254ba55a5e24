//! A method as its trait declares it.

use std::time::Duration;

use super::{LockDef, MethodKind, Params, Repetition};

/// A method as its trait declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MethodDef {
    /// Name of the service on the wire, such as `fib`.
    pub service: &'static str,
    /// `{service}.{method}`, such as `fib.compute`: the `type` property of its requests.
    pub full_name: &'static str,
    /// A call, a notification or an event.
    pub kind: MethodKind,
    /// The exchange that requests are published to; empty for the default exchange.
    pub exchange: &'static str,
    /// The routing key of its requests. The routing keys of events begin with it.
    pub routing_key: &'static str,
    /// The queue of its requests. Empty for an event: every subscription has a separate queue.
    pub queue: &'static str,
    /// The layout and the names of its parameters.
    pub params: Params,
    /// The timeout that the trait declares for the method.
    pub timeout: Option<Duration>,
    /// The effect of running it twice: harmless, forbidden, or not declared.
    pub repetition: Repetition,
    /// What keeps requests with equal keys from running at the same time.
    pub lock: Option<LockDef>,
    /// The server cancels the method when its caller's deadline has passed.
    pub cancel_when_late: bool,
    /// The method takes requests of any content type, and does not decode them.
    pub reads_anything: bool,
}

impl MethodDef {
    /// A call of `service`, with exchange `amqp-rpc`, `full_name` as routing key, and `service` as queue.
    /// Its parameters are [unknown](Params::Unknown).
    #[must_use]
    pub const fn new(service: &'static str, full_name: &'static str) -> Self {
        Self {
            service,
            full_name,
            kind: MethodKind::Call,
            exchange: DEFAULT_EXCHANGE,
            routing_key: full_name,
            queue: service,
            params: Params::Unknown,
            timeout: None,
            repetition: Repetition::Undeclared,
            lock: None,
            cancel_when_late: false,
            reads_anything: false,
        }
    }

    /// The service that a method name belongs to by default: the part before the last dot.
    #[doc(hidden)]
    #[must_use]
    pub fn service_of(full_name: &str) -> &str {
        full_name.rsplit_once('.').map_or(full_name, |(service, _)| service)
    }

    /// Takes requests of any content type, and does not decode them.
    #[must_use]
    pub const fn reading_anything(mut self) -> Self {
        self.reads_anything = true;
        self
    }

    /// Makes it a notification: a one-way message that one server runs.
    #[must_use]
    pub const fn notify(mut self) -> Self {
        self.kind = MethodKind::Notify;
        self
    }

    /// Makes it an event: a one-way message for every group of subscribers, through the topic exchange
    /// `amqp-rpc.events`.
    #[must_use]
    pub const fn event(mut self) -> Self {
        self.kind = MethodKind::Event;
        self.exchange = EVENT_EXCHANGE;
        self.queue = "";
        self
    }

    /// Publishes requests to `exchange`. Empty means the default exchange, where `routing_key` must equal
    /// `queue`.
    #[must_use]
    pub const fn exchange(mut self, exchange: &'static str) -> Self {
        self.exchange = exchange;
        self
    }

    /// Publishes requests with `routing_key`.
    #[must_use]
    pub const fn routing_key(mut self, routing_key: &'static str) -> Self {
        self.routing_key = routing_key;
        self
    }

    /// Routes requests to `queue`.
    #[must_use]
    pub const fn queue(mut self, queue: &'static str) -> Self {
        self.queue = queue;
        self
    }

    /// Names its parameters.
    #[must_use]
    pub const fn params(mut self, params: Params) -> Self {
        self.params = params;
        self
    }

    /// Sets the default timeout of calls of this method.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Declares the effect of running it twice.
    #[must_use]
    pub const fn repetition(mut self, repetition: Repetition) -> Self {
        self.repetition = repetition;
        self
    }

    /// Keeps requests with equal keys from running at the same time.
    #[must_use]
    pub const fn lock(mut self, lock: LockDef) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Has the method cancelled when its caller's deadline has passed.
    #[must_use]
    pub const fn cancel_when_late(mut self) -> Self {
        self.cancel_when_late = true;
        self
    }
}

/// The default exchange of services: direct and durable.
const DEFAULT_EXCHANGE: &str = "amqp-rpc";

/// The default exchange of events: topic and durable.
const EVENT_EXCHANGE: &str = "amqp-rpc.events";
