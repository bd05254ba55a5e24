//! Why a server did not start, and what to do about it.

use amqp_rpc_transport::{BrokerError, ConnectError};

/// A server could not start. Nothing is consumed and no connection is left open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No connection to the broker.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// `start` was called without a service.
    #[error("the server has no service; add one with `.service(..)`")]
    NoService,
    /// A service has nothing but events, which are received by subscribing to them.
    #[error("`{service}` has nothing but events; receive them with `.subscribe(..)`")]
    OnlyEvents {
        /// The service's name.
        service: &'static str,
    },
    /// `Server::only` or `Server::except` name a service that the server does not have.
    #[error("the server has no service `{name}` to serve or leave out; it has: {}", listed(known))]
    UnknownService {
        /// The name that was asked for.
        name: String,
        /// The names of the services that were given to the server.
        known: Vec<&'static str>,
    },
    /// Two methods of this server would receive the same requests.
    #[error("{}", duplicate(exchange, routing_key, first, second))]
    DuplicateRoute {
        /// The exchange both are bound to.
        exchange: String,
        /// The routing key both have.
        routing_key: String,
        /// The method that was added first.
        first: &'static str,
        /// The method that was added second.
        second: &'static str,
    },
    /// An option has a value that cannot work; the text names it.
    #[error("{0}")]
    InvalidOption(String),
    /// A queue exists with other arguments than those asked for.
    #[error(
        "queue `{queue}` exists with other arguments; use it as it is with `.declare(Declare::Passive)`, ask for its arguments with `.queue_options(..)`, or delete it when it is empty"
    )]
    QueueMismatch {
        /// The queue's name.
        queue: String,
        /// What the broker said: which argument differs.
        source: BrokerError,
    },
    /// An exchange exists with another type or durability.
    #[error(
        "exchange `{exchange}` exists with another type or other arguments; use it as it is with `.declare(Declare::Passive)`, or give the service another `exchange`"
    )]
    ExchangeMismatch {
        /// The exchange's name.
        exchange: String,
        /// What the broker said: which argument differs.
        source: BrokerError,
    },
    /// A queue or exchange is missing and the server was told not to create it.
    #[error(
        "{what} `{name}` does not exist; create it, or let the server do so with `.declare(Declare::All)`"
    )]
    Missing {
        /// `queue` or `exchange`.
        what: &'static str,
        /// Its name.
        name: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// The user may not do what serving needs.
    #[error("user `{user}` may not {action} `{name}`; grant it with `rabbitmqctl set_permissions`")]
    AccessRefused {
        /// The user's name.
        user: String,
        /// What was refused, such as `declare queue`.
        action: &'static str,
        /// The name of the queue or exchange.
        name: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// A queue belongs exclusively to another connection.
    #[error(
        "queue `{queue}` belongs exclusively to another connection; wait for that to end, or choose another `queue`"
    )]
    Locked {
        /// The queue's name.
        queue: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// Anything else that the broker refused.
    #[error("the broker refused to {action} `{name}`")]
    Broker {
        /// What was refused, such as `declare queue`.
        action: &'static str,
        /// The name of the queue or exchange.
        name: String,
        /// What the broker said.
        source: BrokerError,
    },
}

pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn duplicate(exchange: &str, routing_key: &str, first: &str, second: &str) -> String {
    if first == second {
        return format!("`{first}` is served twice; give its service to the server once");
    }
    format!(
        "`{first}` and `{second}` both have the routing key `{routing_key}` on exchange `{exchange}`; give one of them another `#[rpc(routing_key = \"..\")]`"
    )
}

impl StartError {
    /// Whether the broker was not reached: trying again may help.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Connect(
                ConnectError::Unreachable { .. } | ConnectError::Timeout { .. } | ConnectError::Broken { .. }
            )
        )
    }
}
