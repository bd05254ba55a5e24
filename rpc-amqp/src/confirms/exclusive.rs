//! Publishes with confirms on a dedicated connection, for messages that may make the broker close the
//! connection.

use std::fmt;

use lapin::{
    Channel,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};

use crate::{
    connection::Connection,
    error::{BrokerError, ConnectError},
    publish::AddressedMessage,
};

/// Publishes with confirms on a dedicated connection.
///
/// It is for one task only: lapin confuses the confirms of two messages that are published concurrently.
pub struct ExclusiveConfirmPublisher {
    channel: Channel,
    connection: Connection,
}

impl ExclusiveConfirmPublisher {
    /// Opens a channel in confirm mode on `connection`. Closes the connection when that fails.
    ///
    /// # Errors
    /// `Refused` when the broker refuses the channel.
    pub async fn open(connection: Connection) -> Result<Self, ConnectError> {
        let opened = async {
            let channel = connection.open_channel().await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok(channel)
        };
        match opened.await {
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
        let AddressedMessage { queue, properties, body } = message;
        let options = BasicPublishOptions::default();
        let confirm = self.channel.basic_publish("".into(), queue, options, &body, properties).await?;
        confirm.await?;
        Ok(())
    }

    /// Closes the connection.
    pub async fn close(&self) {
        self.connection.close().await;
    }
}

impl fmt::Debug for ExclusiveConfirmPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExclusiveConfirmPublisher")
            .field("channel", &self.channel.id())
            .finish_non_exhaustive()
    }
}
