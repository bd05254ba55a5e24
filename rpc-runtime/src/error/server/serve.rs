//! The error of a server that ended.

use std::sync::Arc;

use amqp_rpc_transport::BrokerError;

use super::StartError;

/// The error with which a running server ended.
///
/// A lost connection alone does not end a server: see [`RunningServer`](crate::RunningServer).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The connection was lost during a shutdown, before every delivery was settled. The broker redelivers the others, to
    /// other servers of the service or to the next one that starts.
    #[error("the connection to the broker was lost: {0}")]
    Disconnected(#[source] BrokerError),
    /// The connection was lost, and could not be restored within
    /// [`ConnectOptions::give_up_after`](crate::ConnectOptions::give_up_after). Holds the error of the last attempt.
    #[error("the connection to the broker was lost, and not restored within `give_up_after`: {0}")]
    GivenUp(#[source] Arc<StartError>),
}
