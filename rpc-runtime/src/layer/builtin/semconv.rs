//! OpenTelemetry's names for what [`Trace`](super::Trace) and `Metrics` say of calls.
//!
//! Those of RPC as of version 1.44 of the semantic conventions (release candidate), those of messaging in development: names may follow
//! the conventions in any release. [`RPC_STATUS_CODE`] is to be called `rpc.status_code`.

/// Which RPC system: [`RPC_SYSTEM`].
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The value of [`RPC_SYSTEM_NAME`].
pub const RPC_SYSTEM: &str = "amqp_rpc";
/// `{service}.{method}`.
pub const RPC_METHOD: &str = "rpc.method";
/// The value of [`RPC_METHOD`] in metrics of untyped calls: their names are as many as programs make up.
pub const RPC_METHOD_OTHER: &str = "_OTHER";
/// How the call ended: `ok`, `error` for the method's own, a fault's code, why the client has no answer, or
/// `cancelled`.
pub const RPC_STATUS_CODE: &str = "rpc.response.status_code";
/// The same where it is not `ok`.
pub const ERROR_TYPE: &str = "error.type";
/// Which messaging system: [`MESSAGING_RABBITMQ`], also of brokers that speak the same protocol.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
/// The value of [`MESSAGING_SYSTEM`].
pub const MESSAGING_RABBITMQ: &str = "rabbitmq";
/// `{exchange}:{routing key}`, or the one that is not empty.
pub const MESSAGING_DESTINATION: &str = "messaging.destination.name";
/// The routing key.
pub const MESSAGING_ROUTING_KEY: &str = "messaging.rabbitmq.destination.routing_key";
/// The correlation id.
pub const MESSAGING_CONVERSATION_ID: &str = "messaging.message.conversation_id";

/// Histogram of seconds that callers waited, repetitions included.
pub const RPC_CLIENT_DURATION: &str = "rpc.client.call.duration";
/// Histogram of seconds that a server took for a call, from the first layer to its reply.
pub const RPC_SERVER_DURATION: &str = "rpc.server.call.duration";
/// Gauge of calls that a client waits for. The conventions have none: named like those of HTTP.
pub const RPC_CLIENT_ACTIVE: &str = "rpc.client.active_requests";
/// Gauge of calls that a server runs.
pub const RPC_SERVER_ACTIVE: &str = "rpc.server.active_requests";
/// The buckets, in seconds, that the conventions advise for both histograms.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The header of W3C trace context that names trace and span.
pub const TRACEPARENT: &str = "traceparent";
