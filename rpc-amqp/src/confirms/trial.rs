//! Finds out whether the broker accepts messages again.

use uuid::Uuid;

use crate::{
    connection::Connection,
    encode::{BodySource, Message, PropertySource},
    error::{BrokerError, ConnectError},
    message::Properties,
};

impl Connection {
    /// Publishes an empty message to a queue that does not exist, and waits until the broker has dropped it:
    /// for connections that follow one on which the broker was low on disk. Nothing else says that it is over.
    ///
    /// # Errors
    /// When the broker is still low on disk. Any other refusal, such as of a user who may not write to the
    /// default exchange, says nothing about that, and is none.
    pub async fn try_publishing(&self) -> Result<(), ConnectError> {
        match self.publish_nowhere().await {
            Err(source) if source.is_low_on_disk() => {
                Err(ConnectError::Refused { what: "first message", source })
            }
            Err(error) => {
                tracing::debug!(%error, "it is not known whether the broker accepts messages again");
                if error.is_channel_error() {
                    self.count_leaked_channel();
                }
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn publish_nowhere(&self) -> Result<(), BrokerError> {
        let channel = self.open_confirming().await?;
        let nowhere = format!("amqp-rpc.nowhere.{}", Uuid::new_v4());
        let properties = Properties::default();
        let message = Message {
            exchange: "",
            routing_key: &nowhere,
            mandatory: false,
            properties: PropertySource::Plain(&properties),
            body: BodySource::Copied(b""),
        };
        channel.publish_and_wait(&message).await?;
        let _ = channel.lapin().close(200, "messages are accepted".into()).await;
        Ok(())
    }
}
