//! Publishes with confirms on a channel that many tasks share, for notifications and events.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use lapin::options::ConfirmSelectOptions;

use crate::{
    connection::Connection,
    encode::{BodySource, Message, PropertySource},
    error::BrokerError,
    message::{ConfirmOutcome, Properties},
    message_channel::MessageChannel,
    publish::PublishError,
    transport::channels::ConfirmReceiver,
};

/// Publishes on one channel in confirm mode. Clones share the channel.
#[derive(Clone, Debug)]
pub struct SharedConfirmPublisher(MessageChannel);

/// A queued message. Resolves with its publisher confirm, or fails when the channel is closed first.
///
/// The broker confirms a returned message as well, after it has returned it. Dropping the future stops
/// waiting; the message is still published.
#[derive(Debug)]
pub struct Confirm {
    receiver: ConfirmReceiver,
    /// The number of the message on its channel.
    number: u64,
    channel: MessageChannel,
}

impl Connection {
    /// Opens a channel in confirm mode.
    ///
    /// # Errors
    /// When the broker refuses the channel, or the connection was lost.
    pub async fn open_confirm_channel(&self) -> Result<SharedConfirmPublisher, BrokerError> {
        Ok(SharedConfirmPublisher(self.open_confirming().await?))
    }

    pub(crate) async fn open_confirming(&self) -> Result<MessageChannel, BrokerError> {
        let channel = self.open_message_channel().await?;
        channel.lapin().confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }
}

impl SharedConfirmPublisher {
    /// Returns whether the channel is open.
    pub fn is_open(&self) -> bool {
        self.0.channel.is_open() && self.0.lapin().status().connected()
    }

    /// Returns whether so many bytes are unconfirmed that messages may be refused as congested.
    pub fn is_full(&self) -> bool {
        self.0.channel.is_nearly_full()
    }

    /// Queues a message. The broker returns a `mandatory` one when it reaches no queue.
    ///
    /// # Errors
    /// When it was not queued.
    pub fn queue(
        &self,
        exchange: &str,
        routing_key: &str,
        properties: &Properties,
        body: &Bytes,
        mandatory: bool,
    ) -> Result<Confirm, PublishError> {
        let properties = PropertySource::Plain(properties);
        let message =
            Message { exchange, routing_key, mandatory, properties, body: BodySource::Shared(body) };
        let queued = self.0.channel.publish_confirmed(&message, true);
        let (number, receiver) = queued.map_err(|refused| PublishError::new(refused, &self.0))?;
        Ok(Confirm { receiver, number, channel: self.0.clone() })
    }
}

impl Confirm {
    /// Returns whether no other message was published on the channel after this one. If the broker closed the
    /// channel because it refused a message, it has not taken the last one.
    pub fn is_of_last(&self) -> bool {
        self.channel.channel.last_number() == self.number
    }
}

impl Future for Confirm {
    type Output = Result<ConfirmOutcome, BrokerError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let confirmed = ready!(Pin::new(&mut self.receiver).poll(cx));
        // The sender is dropped with the channel, which tells why before.
        Poll::Ready(confirmed.unwrap_or_else(|_| Err(self.channel.channel.reason_of_end())))
    }
}
