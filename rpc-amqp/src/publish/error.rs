//! The error of queueing a message.

use crate::{convert::EncodeError, error::BrokerError};

/// The reason why a message was not queued.
#[derive(Debug)]
pub enum Unpublishable {
    /// AMQP cannot carry the message, on any connection.
    Unwritable(Box<dyn std::error::Error + Send + Sync>),
    /// The channel is closed, or the connection was lost.
    Lost(BrokerError),
    /// Too many bytes wait to be written or confirmed. A later attempt may succeed.
    Congested,
}

impl From<EncodeError> for Unpublishable {
    fn from(error: EncodeError) -> Self {
        Self::Unwritable(error.into())
    }
}
