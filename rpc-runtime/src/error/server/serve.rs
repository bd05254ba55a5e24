//! Why a server has ended.

use std::sync::Arc;

use amqp_rpc_transport::BrokerError;

use super::StartError;

/// A server that ran has ended for good.
///
/// A lost connection alone does not end it: see `RunningServer`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The connection was lost during a shutdown, before everything was settled. What was not settled is delivered again, to this
    /// service's other servers or to the next one that starts.
    #[error("the connection to the broker was lost")]
    Disconnected(#[source] BrokerError),
    /// The connection was lost, and no other came about for as long as `ConnectOptions::give_up_after` allows. Holds why the last
    /// attempt failed.
    #[error("the connection to the broker was lost, and no other came about in the time that was set")]
    GivenUp(#[source] Arc<StartError>),
}
