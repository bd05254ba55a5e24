//! Why what a server serves was not changed.

use std::sync::Arc;

use super::{StartError, start::listed};

/// What a running server serves could not be changed. It serves what it served before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A server that starts with it would have been refused in the same way.
    #[error(transparent)]
    Refused(#[from] StartError),
    /// No service of this name is served, or this subscription was ended before.
    #[error("`{name}` is not served; served are: {}", listed(served))]
    NotServed {
        /// The name that was asked for; of a subscription the queue of its group, or its service and `(listener)`.
        name: String,
        /// The names of the services, or of the subscriptions, that are: each once.
        served: Vec<String>,
    },
    /// The server has no connection at the moment, or lost it before the change was made. Try again once it has: see
    /// `RunningServer::wait_ready`.
    #[error("the server is not connected: {0}")]
    NotConnected(Arc<str>),
    /// The server has ended, or is being shut down.
    #[error("the server has ended")]
    Ended,
}
