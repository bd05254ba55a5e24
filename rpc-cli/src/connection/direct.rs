//! Connections past client and server: for commands that read queues themselves.

use std::sync::Arc;

use amqp_rpc::{ConnectOptions, error::ConnectError};
use amqp_rpc_transport::{BrokerError, Connection, Inbound, connect};

use super::{BrokerUrl, refused};
use crate::{exit::Exit, failure::Failure};

/// Connects. Bodies of more than `max_body_bytes` are left out of the messages that come.
///
/// # Errors
/// When the broker cannot be reached, or refuses.
pub(crate) async fn direct(
    options: &ConnectOptions,
    place: &BrokerUrl,
    max_body_bytes: usize,
) -> Result<Connection, Failure> {
    let inbound = Inbound { max_body_bytes, on_return: Arc::default() };
    let connected =
        connect(options, &inbound, async |connection: Connection| Ok::<_, ConnectError>(connection)).await;
    connected.map_err(|error| refused(&error, place))
}

/// The failure of an operation that the broker refused, or during which the connection was lost.
pub(crate) fn broken(what: &str, error: &BrokerError) -> Failure {
    let failure = Failure::new(Exit::Connect, format!("{what}: {error}"));
    match error.code() {
        Some(403) => failure.advice("the user needs permission for it: see docs/topology.md on permissions"),
        _ => failure.advice("see the broker's log, and whether its address is right with -v"),
    }
}
