//! Names of OpenTelemetry's semantic conventions, for the fields of [`Trace`](super::Trace) and the labels of
//! `Metrics`.
//!
//! The names of RPC are those of version 1.44 of the conventions (release candidate). The names of messaging
//! are in development. Any release of this crate may follow the conventions. [`RPC_STATUS_CODE`] will become
//! `rpc.status_code`.

/// The RPC system: [`RPC_SYSTEM`].
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The value of [`RPC_SYSTEM_NAME`].
pub const RPC_SYSTEM: &str = "amqp_rpc";
/// The method, `{service}.{method}`.
pub const RPC_METHOD: &str = "rpc.method";
/// The value of [`RPC_METHOD`] in metrics of untyped calls, because the number of their names is not bounded.
pub const RPC_METHOD_OTHER: &str = "_OTHER";
/// The outcome: `ok`, `error` for the method's own error, the code of a fault, the kind of a client's error,
/// or `cancelled`.
pub const RPC_STATUS_CODE: &str = "rpc.response.status_code";
/// The outcome, if it is not `ok`.
pub const ERROR_TYPE: &str = "error.type";
/// The messaging system: [`MESSAGING_RABBITMQ`], for other AMQP 0-9-1 brokers as well.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
/// The value of [`MESSAGING_SYSTEM`].
pub const MESSAGING_RABBITMQ: &str = "rabbitmq";
/// The destination: `{exchange}:{routing key}`, or the one that is not empty.
pub const MESSAGING_DESTINATION: &str = "messaging.destination.name";
/// The routing key.
pub const MESSAGING_ROUTING_KEY: &str = "messaging.rabbitmq.destination.routing_key";
/// The correlation id.
pub const MESSAGING_CONVERSATION_ID: &str = "messaging.message.conversation_id";

/// The histogram of durations on the client, in seconds, repetitions included.
pub const RPC_CLIENT_DURATION: &str = "rpc.client.call.duration";
/// The histogram of durations on the server, in seconds, from the first layer to the reply.
pub const RPC_SERVER_DURATION: &str = "rpc.server.call.duration";
/// The gauge of calls in flight on the client. The conventions define none. It is named like those of HTTP.
pub const RPC_CLIENT_ACTIVE: &str = "rpc.client.active_requests";
/// The gauge of calls in flight on the server.
pub const RPC_SERVER_ACTIVE: &str = "rpc.server.active_requests";
/// The gauge of calls that run on the server although their callers have stopped waiting.
pub const RPC_SERVER_ABANDONED: &str = "rpc.server.abandoned_requests";
/// The buckets, in seconds, that the conventions recommend for both histograms.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The header of W3C Trace Context with the trace id and the span id.
pub const TRACEPARENT: &str = crate::wire::trace_parent::TRACEPARENT;
