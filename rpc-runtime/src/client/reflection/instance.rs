//! What servers tell of themselves.

use std::time::Duration;

use crate::wire::reflection::{InstanceBody, MethodStatsBody, ServiceBody, StatsBody};

/// A running server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// Tells it from every other server, and from itself after a restart.
    pub id: String,
    /// The name of its connection in the broker's lists.
    pub app: Option<String>,
    /// The version of its program, if it [says one](crate::Server::version).
    pub version: Option<String>,
    /// The version of this library that it is built with.
    pub library: String,
    /// How long it has run, over all its connections.
    pub uptime: Duration,
    /// How long its answer took to come.
    pub round_trip: Duration,
    /// What it serves now, in alphabetical order; that alone which was asked for. A service has an entry for each of its
    /// exchanges.
    pub services: Vec<ServedService>,
}

/// A service of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServedService {
    /// The name on the wire, such as `fib`.
    pub name: String,
    /// The version of the crate that declares its trait. A raw service has none.
    pub version: Option<String>,
    /// The exchange that its requests are published to, with the namespace; empty for the default exchange.
    pub exchange: String,
    /// The queue of its first method there, with the namespace.
    pub queue: String,
    /// Its [description](crate::reflection::Reflection::describe) has schemas and documentation.
    pub described: bool,
}

/// How often the methods of a service were called, of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceStats {
    /// The [id](Instance::id) of the instance.
    pub id: String,
    /// How long it has run: the numbers are those of this time.
    pub uptime: Duration,
    /// The calls and notifications of the service.
    pub methods: Vec<MethodStats>,
}

/// The calls of one method.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MethodStats {
    /// The full name, such as `fib.compute`.
    pub method: String,
    /// Those that have ended or run now, whether they were refused, read, or answered with a stored reply. What was
    /// cancelled does not count: its request comes again, unless the method is `at_most_once`.
    pub calls: u64,
    /// Those that ended with the method's own error, or with a fault.
    pub errors: u64,
    /// Those that run or wait for a lock now.
    pub in_flight: u64,
    /// The time that half of them took at most, from the receipt of the request to the outcome; an eighth more or
    /// less. `None` before the first has ended.
    pub p50: Option<Duration>,
    /// The time that 99 % of them took at most.
    pub p99: Option<Duration>,
}

impl Instance {
    pub(super) fn new(body: InstanceBody, round_trip: Duration) -> Self {
        let InstanceBody { id, app, version, library, uptime_ms, services } = body;
        let services = services.into_iter().map(ServedService::from).collect();
        Self { id, app, version, library, uptime: Duration::from_millis(uptime_ms), round_trip, services }
    }
}

impl From<ServiceBody> for ServedService {
    fn from(body: ServiceBody) -> Self {
        let ServiceBody { name, version, exchange, queue, described } = body;
        Self { name, version, exchange, queue, described }
    }
}

impl From<StatsBody> for InstanceStats {
    fn from(body: StatsBody) -> Self {
        let StatsBody { id, uptime_ms, methods } = body;
        let methods = methods.into_iter().map(MethodStats::from).collect();
        Self { id, uptime: Duration::from_millis(uptime_ms), methods }
    }
}

impl From<MethodStatsBody> for MethodStats {
    fn from(body: MethodStatsBody) -> Self {
        let MethodStatsBody { method, calls, errors, in_flight, p50_us, p99_us } = body;
        let [p50, p99] = [p50_us, p99_us].map(|micros| micros.map(Duration::from_micros));
        Self { method, calls, errors, in_flight, p50, p99 }
    }
}
