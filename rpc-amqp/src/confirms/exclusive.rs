//! Publishes with confirms on a dedicated connection, for messages that may make the broker close the
//! connection.

use crate::{
    connection::Connection,
    error::{BrokerError, ConnectError},
    message_channel::MessageChannel,
    publish::AddressedMessage,
};

/// Publishes with confirms on a dedicated connection.
#[derive(Debug)]
pub struct ExclusiveConfirmPublisher {
    channel: MessageChannel,
    connection: Connection,
}

impl ExclusiveConfirmPublisher {
    /// Opens a channel in confirm mode on `connection`. Closes the connection when that fails.
    ///
    /// # Errors
    /// `Refused` when the broker refuses the channel.
    pub async fn open(connection: Connection) -> Result<Self, ConnectError> {
        match connection.open_confirming().await {
            Ok(channel) => Ok(Self { channel, connection }),
            Err(source) => {
                connection.close().await;
                Err(ConnectError::Refused { what: "channel", source })
            }
        }
    }

    /// Queues a message on the first poll, and waits until the broker acks or nacks it. Both are `Ok`.
    ///
    /// # Errors
    /// When the channel was closed first. The broker may or may not have received the message.
    pub async fn publish(&self, message: AddressedMessage) -> Result<(), BrokerError> {
        self.channel.publish_and_wait(&message.message()).await?;
        Ok(())
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.connection.close().await;
    }
}
