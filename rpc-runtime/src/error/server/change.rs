//! The error of changing the services or subscriptions of a running server.

use std::sync::Arc;

use super::{StartError, start::listed};

/// The services or subscriptions of a running server could not be changed. The server continues as before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The change is refused, for a reason for which a start would have been refused.
    #[error(transparent)]
    Refused(#[from] StartError),
    /// No service of this name is served, or the subscription has ended.
    #[error("`{name}` is not served; served are: {}", listed(served))]
    NotServed {
        /// The requested name. For a subscription, the queue of its group, or its service and `(listener)`.
        name: String,
        /// The names of the current services or subscriptions, each once.
        served: Vec<String>,
    },
    /// The server is not connected, or lost the connection before the change was made. Try again when it is ready: see
    /// [`RunningServer::wait_ready`](crate::RunningServer::wait_ready).
    #[error("the server is not connected: {0}")]
    NotConnected(Arc<str>),
    /// The server has ended, or is shutting down.
    #[error("the server has ended")]
    Ended,
}
