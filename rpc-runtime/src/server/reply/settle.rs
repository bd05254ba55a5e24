//! The settler: acknowledges deliveries in batches, and sends the replies that belong behind their acknowledgement.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use amqp_rpc_transport::{AddressedMessage, BrokerError, DataChannel, Publisher};
use tokio::sync::mpsc;

use super::{
    acks::{Ack, AckWindow},
    queue_reply::log_unwritable,
    settlement::{Settlement, UnsentReply},
};
use crate::{server::begun::BegunOnLink, wire::reply};

/// A channel on which deliveries are settled and replies are written.
///
/// Replies and the three ways to settle only queue frames, which reach the broker in the order of the calls. An
/// error means that the channel is lost: what the broker has not got an acknowledgement of by then, it delivers
/// again.
pub(crate) trait SettlingChannel {
    /// A reply that AMQP can carry.
    type AddressedMessage: Send;

    /// Encodes the reply.
    ///
    /// # Errors
    /// Why AMQP cannot carry it.
    fn address(
        &self,
        reply: UnsentReply,
    ) -> Result<Self::AddressedMessage, Box<dyn std::error::Error + Send + Sync>>;

    fn reply(&self, reply: &Self::AddressedMessage) -> Result<(), BrokerError>;

    fn ack(&self, ack: Ack) -> Result<(), BrokerError>;

    fn reject(&self, tag: u64) -> Result<(), BrokerError>;

    fn requeue(&self, tag: u64) -> Result<(), BrokerError>;
}

/// The channel of a link: deliveries arrive over it, and replies leave over it.
pub(crate) struct RequestChannel {
    pub(crate) channel: DataChannel,
    pub(crate) publisher: Publisher,
    pub(crate) begun: Option<Arc<BegunOnLink>>,
}

impl RequestChannel {
    pub(crate) fn new(channel: &DataChannel, begun: Option<Arc<BegunOnLink>>) -> Self {
        Self { channel: channel.clone(), publisher: channel.publisher(), begun }
    }
}

impl SettlingChannel for RequestChannel {
    type AddressedMessage = AddressedMessage;

    fn address(
        &self,
        reply: UnsentReply,
    ) -> Result<AddressedMessage, Box<dyn std::error::Error + Send + Sync>> {
        let (properties, body) = reply::compose(reply.correlation_id, &reply.codec, reply.outcome);
        self.publisher.address(reply.reply_to, &properties, body)
    }

    fn reply(&self, reply: &AddressedMessage) -> Result<(), BrokerError> {
        self.publisher.queue(reply)
    }

    fn ack(&self, ack: Ack) -> Result<(), BrokerError> {
        self.channel.ack(ack.tag, ack.multiple)?;
        if let Some(begun) = &self.begun {
            begun.settled(ack.tag, ack.multiple);
        }
        Ok(())
    }

    fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.reject(tag)?;
        if let Some(begun) = &self.begun {
            begun.settled(tag, false);
        }
        Ok(())
    }

    fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.requeue(tag)?;
        if let Some(begun) = &self.begun {
            begun.requeued(tag);
        }
        Ok(())
    }
}

/// Settles until it is told to stop, or every sender of settlements is dropped.
///
/// The acknowledgement of a delivery is queued behind its reply, on the same channel: the broker gets the reply
/// first. A crash in between repeats the call, never loses it.
///
/// A reply that promises that the method does not run is the exception: if the server were lost between the
/// two, another one would run the call after its caller was told that it does not run. The acknowledgement of its
/// request is queued before it, and a crash in between loses a refusal.
///
/// # Errors
/// When the channel is lost. What was not acknowledged then is delivered again.
pub(crate) async fn settle<C: SettlingChannel>(
    channel: C,
    mut settlements: mpsc::UnboundedReceiver<Settlement>,
) -> Result<(), BrokerError> {
    let mut batch = Batch { channel: &channel, window: AckWindow::default(), stopping: false };
    while let Some(first) = settlements.recv().await {
        batch.settle(first)?;
        // What is there already shares its acknowledgement.
        while let Ok(next) = settlements.try_recv() {
            batch.settle(next)?;
        }
        batch.flush()?;
        if batch.stopping {
            break;
        }
    }
    Ok(())
}

/// Settlements between two flushes of acknowledgements.
struct Batch<'c, C> {
    channel: &'c C,
    window: AckWindow,
    stopping: bool,
}

impl<C: SettlingChannel> Batch<'_, C> {
    fn settle(&mut self, settlement: Settlement) -> Result<(), BrokerError> {
        match settlement {
            Settlement::Reply(reply) => self.reply(*reply)?,
            Settlement::Ack { tag } => self.window.finish(tag),
            Settlement::AckNow { tag, acked } => {
                self.ack_now(tag)?;
                // A receiver that is gone has ended with the link.
                let _ = acked.send(());
            }
            Settlement::Reject { tag } => self.reject(tag)?,
            Settlement::Requeue { tag } => {
                self.channel.requeue(tag)?;
                self.window.settled(tag);
            }
            Settlement::Stop => self.stopping = true,
        }
        Ok(())
    }

    fn reply(&mut self, reply: UnsentReply) -> Result<(), BrokerError> {
        let (tag, promises_never_to_run) = (reply.tag, reply.promises_never_to_run());
        match self.channel.address(reply) {
            Ok(reply) if promises_never_to_run => {
                self.ack_now(tag)?;
                self.channel.reply(&reply)
            }
            Ok(reply) => {
                self.channel.reply(&reply)?;
                self.window.finish(tag);
                Ok(())
            }
            Err(error) => {
                log_unwritable(&*error);
                self.reject(tag)
            }
        }
    }

    fn ack_now(&mut self, tag: u64) -> Result<(), BrokerError> {
        self.channel.ack(Ack { tag, multiple: false })?;
        self.window.settled(tag);
        Ok(())
    }

    fn reject(&mut self, tag: u64) -> Result<(), BrokerError> {
        self.channel.reject(tag)?;
        self.window.settled(tag);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), BrokerError> {
        self.window.flush().into_iter().try_for_each(|ack| self.channel.ack(ack))
    }
}
