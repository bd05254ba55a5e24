//! Why a message was not published.

use std::sync::Arc;

use amqp_rpc_transport::{Disconnect, PublishError};

use crate::client::session::pending::EndReason;

/// Why a message was not published. The broker has nothing of it.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The link has ended; the next may serve.
    Ended(EndReason),
    /// Too much is queued and not written. The link notifies when there is capacity again.
    Congested,
    /// The broker blocks publishers, for this reason.
    Blocked(Arc<str>),
    /// Its deadline had passed.
    TooLate,
    /// It cannot be encoded.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
}

impl From<PublishError> for SendError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Congested => Self::Congested,
            PublishError::Invalid(source) => Self::Unwritable(source),
            PublishError::Disconnected(error) => {
                Self::Ended(EndReason::Disconnected(Arc::new(Disconnect::from(&error))))
            }
        }
    }
}
