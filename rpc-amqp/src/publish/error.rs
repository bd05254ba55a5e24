//! The error of queueing a message.

use crate::{convert::EncodeError, error::BrokerError};

/// The reason why a message was not queued.
#[derive(Debug)]
pub enum PublishError {
    /// AMQP cannot carry the message, on any connection.
    Invalid(Box<dyn std::error::Error + Send + Sync>),
    /// The channel is closed, or the connection was lost.
    Disconnected(BrokerError),
    /// Too many bytes wait to be written or confirmed. A later attempt may succeed.
    Congested,
}

impl From<EncodeError> for PublishError {
    fn from(error: EncodeError) -> Self {
        Self::Invalid(error.into())
    }
}
