//! The error of queueing a message.

use crate::{error::BrokerError, message_channel::MessageChannel, transport::outbound::NotQueued};

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

impl PublishError {
    pub(crate) fn new(refused: NotQueued, channel: &MessageChannel) -> Self {
        match refused {
            NotQueued::Invalid(error) => Self::Invalid(error.into()),
            NotQueued::Closed => Self::Disconnected(channel.channel.reason_of_end()),
            NotQueued::Congested => Self::Congested,
        }
    }
}
