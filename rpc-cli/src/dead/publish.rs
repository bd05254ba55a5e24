//! Publishes one message after the other, each until it is known to be in its queue.

use std::{fmt, time::Duration};

use amqp_rpc_transport::{
    BrokerError, ConfirmOutcome, Connection, Properties, PublishError, SharedConfirmPublisher, chain,
};
use bytes::Bytes;
use tokio::time::timeout;

/// A channel with publisher confirms.
#[derive(Debug)]
pub(super) struct Publish {
    connection: Connection,
    publisher: SharedConfirmPublisher,
    limit: Duration,
}

/// Why a message is not known to be in its queue.
#[derive(Debug)]
pub(super) enum NotSent {
    /// There is no such queue.
    Returned,
    /// The queue does not take it, because it is full.
    Nacked,
    /// AMQP cannot carry it.
    Invalid(String),
    /// The channel is closed, or the broker is silent: the message may be there, and no other can be sent.
    Unknown(String),
}

impl Publish {
    /// `limit`: of the wait for each confirm.
    ///
    /// # Errors
    /// When the broker refuses the channel, or the connection was lost.
    pub(super) async fn open(connection: &Connection, limit: Duration) -> Result<Self, BrokerError> {
        let publisher = connection.open_confirm_channel().await?;
        // Only what comes from here on was returned to us.
        connection.findings().take_returned();
        Ok(Self { connection: connection.clone(), publisher, limit })
    }

    /// Publishes to a queue, by its name.
    ///
    /// # Errors
    /// Unless the broker has confirmed the message, and has not returned it.
    pub(super) async fn publish(
        &self,
        queue: &str,
        properties: &Properties,
        body: &Bytes,
    ) -> Result<(), NotSent> {
        let confirm = match self.publisher.queue("", queue, properties, body, true) {
            Ok(confirm) => confirm,
            Err(PublishError::Invalid(error)) => return Err(NotSent::Invalid(error.to_string())),
            Err(PublishError::Disconnected(error)) => {
                return Err(NotSent::Unknown(chain(&error).to_string()));
            }
            Err(PublishError::Congested) => {
                return Err(NotSent::Unknown("the broker takes no messages".into()));
            }
        };
        match timeout(self.limit, confirm).await {
            // A returned message is confirmed as well, after it was returned.
            Ok(Ok(ConfirmOutcome::Acked)) if self.connection.findings().take_returned().is_empty() => Ok(()),
            Ok(Ok(ConfirmOutcome::Acked)) => Err(NotSent::Returned),
            Ok(Ok(ConfirmOutcome::Nacked)) => Err(NotSent::Nacked),
            Ok(Err(error)) => Err(NotSent::Unknown(chain(&error).to_string())),
            Err(_) => Err(NotSent::Unknown(format!("the broker did not confirm it within {:?}", self.limit))),
        }
    }
}

impl NotSent {
    /// Whether further messages may be sent.
    pub(super) fn is_of_message(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => formatter.write_str("its queue does not exist"),
            Self::Nacked => formatter.write_str("its queue does not take it: it may be full"),
            Self::Invalid(why) => formatter.write_str(why),
            Self::Unknown(why) => write!(formatter, "it is not known whether it was sent: {why}"),
        }
    }
}
