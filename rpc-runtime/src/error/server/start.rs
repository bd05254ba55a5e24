//! The error of starting a server.

use amqp_rpc_transport::{AttemptError, Broker, BrokerError, ConnectError};

/// The server could not start. It consumes nothing, and has closed its connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no connection to the broker.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A method is `#[rpc(deduplicate)]`, and the server has no store for the replies of such methods.
    #[error(
        "`{method}` is `deduplicate`, and the server has no store for its replies; add one with `.idempotency_store(..)` (feature `idempotency`)"
    )]
    NoIdempotencyStore {
        /// The method, as `{service}.{method}`.
        method: &'static str,
    },
    /// `start` was called without a service.
    #[error("the server has no service; add one with `.service(..)`")]
    NoService,
    /// The service has only events. Events are received by subscribing to them.
    #[error("`{service}` has only events; receive them with `.subscribe(..)` or `.handle_events(..)`")]
    OnlyEvents {
        /// The service's name.
        service: &'static str,
    },
    /// [`Server::only`](crate::Server::only) or [`Server::except`](crate::Server::except) names an unknown
    /// service.
    #[error("the server has no service `{name}` to serve or leave out; it has: {}", listed(known))]
    UnknownService {
        /// The requested name.
        name: String,
        /// The names of the server's services.
        known: Vec<&'static str>,
    },
    /// [`ServiceOptions`](crate::server::ServiceOptions) or
    /// [`Subscription::blocking`](crate::Subscription::blocking) names a method that the service does not have,
    /// or one of another kind: an event has no queue of requests, and a subscription receives no calls.
    #[error("`{service}` has no method `{name}` for this option; it has: {}", listed(known))]
    UnknownMethod {
        /// The name of the service.
        service: &'static str,
        /// The requested name.
        name: String,
        /// The names of the methods that the option may name.
        known: Vec<&'static str>,
    },
    /// Two methods of this server would receive the same requests.
    #[error("{}", duplicate(exchange, routing_key, first, second))]
    DuplicateRoute {
        /// The exchange of both methods.
        exchange: String,
        /// The routing key of both methods.
        routing_key: String,
        /// The method that was added first.
        first: &'static str,
        /// The method that was added second.
        second: &'static str,
    },
    /// An option has an invalid value. The text names the option.
    #[error("{0}")]
    InvalidOption(String),
    /// The queue exists with other arguments.
    #[error(
        "queue `{queue}` exists with other arguments; use it as it is with `.declare(Declare::Passive)`, declare the same arguments with `.queue_options(..)`, or delete it when it is empty: {source}"
    )]
    QueueMismatch {
        /// The queue's name.
        queue: String,
        /// The broker's error: which argument differs.
        source: BrokerError,
    },
    /// The exchange exists with another type or durability.
    #[error(
        "exchange `{exchange}` exists with another type or other arguments; use it as it is with `.declare(Declare::Passive)`, or give the service another `exchange`: {source}"
    )]
    ExchangeMismatch {
        /// The exchange's name.
        exchange: String,
        /// The broker's error: which argument differs.
        source: BrokerError,
    },
    /// The broker takes no exchange or queue with such arguments or properties, whether it exists or not.
    #[error(
        "the broker does not take an argument or a property of {what} `{name}`; change what its declaration asks for (`.queue_options(..)` for queues): {source}"
    )]
    BadArgument {
        /// `queue` or `exchange`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The broker's error, which names what it does not take.
        source: BrokerError,
    },
    /// The name is one of those that the broker keeps for itself.
    #[error("the broker keeps such names for itself; choose another name for {what} `{name}`: {source}")]
    ReservedName {
        /// `queue` or `exchange`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The broker, the virtual host or the user has as many of them as it may have.
    #[error(
        "the broker does not {action} `{name}`, because a limit is reached; make room, raise the limit, or wait until there is room (`ConnectOptions::wait_for_broker` does): {source}"
    )]
    LimitReached {
        /// The refused operation, such as `declare queue`.
        action: &'static str,
        /// The name of the queue or exchange.
        name: String,
        /// The broker's error, which names the limit.
        source: BrokerError,
    },
    /// A node or a queue of the broker does not work at the moment.
    #[error(
        "the broker cannot {action} `{name}` at the moment; wait until its nodes work (`ConnectOptions::wait_for_broker` does): {source}"
    )]
    Unavailable {
        /// The refused operation, such as `declare queue`.
        action: &'static str,
        /// The name of the queue or exchange.
        name: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// A queue or an exchange does not exist, and the server does not declare it.
    #[error(
        "{what} `{name}` does not exist; create it, or let the server do so with `.declare(Declare::All)`: {source}"
    )]
    Missing {
        /// `queue` or `exchange`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The user has no permission for an operation that the server needs.
    #[error(
        "user `{user}` may not {action} `{name}` on {broker}; grant it with `{}` ({}): {source}",
        broker.permission_command(),
        permissions_to(action, name)
    )]
    AccessRefused {
        /// The broker's product and version.
        broker: Broker,
        /// The user's name.
        user: String,
        /// The refused operation, such as `declare queue`.
        action: &'static str,
        /// The name of the queue or exchange.
        name: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The queue is exclusive to another connection, or has an exclusive consumer.
    #[error(
        "queue `{queue}` is exclusive to another connection; wait until that has ended, or choose another `queue`: {source}"
    )]
    Locked {
        /// The queue's name.
        queue: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The broker refused another operation, or an operation for lack of disk.
    #[error("the broker, {broker}, refused to {action} `{name}`: {source}")]
    Broker {
        /// The broker's product and version.
        broker: Broker,
        /// The refused operation, such as `declare queue`.
        action: &'static str,
        /// The name of the queue or exchange.
        name: String,
        /// The broker's error.
        source: BrokerError,
    },
}

pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The permissions that an operation needs, as patterns.
fn permissions_to(action: &str, name: &str) -> String {
    let pattern = format!("`^{}$`", name.replace('.', r"\."));
    match action {
        "declare exchange" => format!("configure {pattern}"),
        "declare queue" => format!(
            "configure {pattern}, and with dead letters also read {pattern} (on LavinMQ `->`, the name of the connection) and write on their exchange"
        ),
        "bind queue" => format!("write {pattern} and read on the exchange"),
        _ => format!("read {pattern}"),
    }
}

fn duplicate(exchange: &str, routing_key: &str, first: &str, second: &str) -> String {
    if first == second {
        return format!("`{first}` is served twice; give its service to the server once");
    }
    format!(
        "`{first}` and `{second}` both have the routing key `{routing_key}` on exchange `{exchange}`; give one of them another `#[rpc(routing_key = \"..\")]`"
    )
}

impl AttemptError for StartError {
    fn is_passing(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_passing(),
            Self::LimitReached { .. } | Self::Unavailable { .. } => true,
            Self::Broker { source, .. } => source.reason().is_passing(),
            _ => false,
        }
    }

    fn reached_broker(&self) -> bool {
        match self {
            Self::Connect(error) => error.reached_broker(),
            _ => true,
        }
    }
}
