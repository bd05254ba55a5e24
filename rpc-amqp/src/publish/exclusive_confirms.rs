//! Publishing with confirms, on a connection of its own: for messages that may cost it.

use lapin::{
    Channel,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};

use super::Addressed;
use crate::{
    connection::Connection,
    error::{BrokerError, ConnectError},
};

/// Publishes on one channel, which is in confirm mode. For one task: lapin mixes up the confirms of two that publish at once.
pub struct ConfirmedPublisher {
    channel: Channel,
    connection: Connection,
}

impl ConfirmedPublisher {
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

    /// Queues a message on the first poll; resolves when the broker has dealt with it, whether or not anybody gets it.
    ///
    /// # Errors
    /// When the channel ended first: the broker may have it or not.
    pub async fn publish(&self, message: Addressed) -> Result<(), BrokerError> {
        let Addressed { queue, properties, body } = message;
        let options = BasicPublishOptions::default();
        let confirm = self.channel.basic_publish("".into(), queue, options, &body, properties).await?;
        confirm.await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.connection.close().await;
    }
}
