//! The settler: settles deliveries, and sends the replies that belong behind their acknowledgement.

mod coalesced;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use amqp_rpc_transport::{AddressedMessage, BrokerError, DataChannel, Publisher, announce};
use tokio::sync::mpsc;

use self::coalesced::{CoalescedDeliveries, SettledCall, SettledCalls};
use super::{
    part_tag::PartTag,
    queue_reply::log_unwritable,
    settlement::{Settlement, UnsentReply},
};
use crate::{dialect::ReplyMessage, server::begun::BegunOnLink};

/// A channel on which deliveries are settled and replies are written.
///
/// Replies and the ways to settle only queue frames, which reach the broker in the order of the calls. An error means
/// that the channel is lost: what the broker has not got an acknowledgement of by then, it delivers again.
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

    /// Acknowledges with the next write, behind the replies that are queued by then.
    fn ack(&self, tag: u64) -> Result<(), BrokerError>;

    fn ack_now(&self, tag: u64) -> Result<(), BrokerError>;

    fn reject(&self, tag: u64) -> Result<(), BrokerError>;

    fn requeue(&self, tag: u64) -> Result<(), BrokerError>;

    /// A delivery with several calls was settled: so were they.
    fn parts_settled(&self, delivery: u64, parts: u16, requeued: bool);
}

/// The channel of a link: deliveries arrive over it, and replies leave over it.
#[derive(Debug)]
pub(crate) struct RequestChannel {
    pub(crate) channel: DataChannel,
    pub(crate) publisher: Publisher,
    pub(crate) begun: Option<Arc<BegunOnLink>>,
}

impl RequestChannel {
    pub(crate) fn new(channel: &DataChannel, begun: Option<Arc<BegunOnLink>>) -> Self {
        Self { channel: channel.clone(), publisher: channel.publisher(), begun }
    }

    fn note_settled(&self, tag: u64) {
        if let Some(begun) = &self.begun {
            begun.settled(tag);
        }
    }
}

impl SettlingChannel for RequestChannel {
    type AddressedMessage = AddressedMessage;

    fn address(
        &self,
        reply: UnsentReply,
    ) -> Result<AddressedMessage, Box<dyn std::error::Error + Send + Sync>> {
        let ReplyMessage { exchange, mut properties, body } = reply.content.compose();
        if let Some(calls) = reply.calls_per_message {
            announce(&mut properties, calls);
        }
        self.publisher.address(exchange.into(), reply.reply_to, &properties, body)
    }

    fn reply(&self, reply: &AddressedMessage) -> Result<(), BrokerError> {
        self.publisher.queue(reply)
    }

    fn ack(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.ack(tag)?;
        self.note_settled(tag);
        Ok(())
    }

    fn ack_now(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.ack_now(tag)?;
        self.note_settled(tag);
        Ok(())
    }

    fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.reject(tag)?;
        self.note_settled(tag);
        Ok(())
    }

    fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.requeue(tag)?;
        if let Some(begun) = &self.begun {
            begun.requeued(tag);
        }
        Ok(())
    }

    fn parts_settled(&self, delivery: u64, parts: u16, requeued: bool) {
        let Some(begun) = &self.begun else { return };
        for tag in (0..parts).map(|index| PartTag { delivery, index }.tag()) {
            if requeued { begun.requeued(tag) } else { begun.settled(tag) }
        }
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
    let mut coalesced = CoalescedDeliveries::default();
    while let Some(settlement) = settlements.recv().await {
        if let Some(part) = settlement.tag().and_then(PartTag::of) {
            let call = settle_part(&channel, settlement)?;
            if let Some(settled) = coalesced.settle(part.delivery, call) {
                settle_parts(&channel, part.delivery, settled)?;
            }
            continue;
        }
        match settlement {
            Settlement::Reply(reply) => send(&channel, *reply)?,
            Settlement::Ack { tag } => channel.ack(tag)?,
            Settlement::AckNow { tag, acked } => {
                channel.ack_now(tag)?;
                // A receiver that is gone has ended with the link.
                let _ = acked.send(());
            }
            Settlement::Reject { tag } => channel.reject(tag)?,
            Settlement::Requeue { tag } => channel.requeue(tag)?,
            Settlement::Coalesced { delivery, calls } => coalesced.begin(delivery, calls),
            // What was sent before is still settled.
            Settlement::Stop => settlements.close(),
        }
    }
    Ok(())
}

/// Settles a call of a delivery that has several, as far as it can be settled alone.
fn settle_part<C: SettlingChannel>(
    channel: &C,
    settlement: Settlement,
) -> Result<SettledCall<C::AddressedMessage>, BrokerError> {
    Ok(match settlement {
        Settlement::Reply(reply) => {
            let promises_never_to_run = reply.promises_never_to_run();
            match channel.address(*reply) {
                Ok(reply) if promises_never_to_run => SettledCall::Refused(reply),
                Ok(reply) => {
                    channel.reply(&reply)?;
                    SettledCall::Done
                }
                Err(error) => {
                    log_unwritable(&*error);
                    SettledCall::Reject
                }
            }
        }
        Settlement::Reject { .. } => SettledCall::Reject,
        Settlement::Requeue { .. } => SettledCall::Requeue,
        // Only direct replies are acknowledged ahead of others, and their requests are never parts.
        Settlement::Ack { .. }
        | Settlement::AckNow { .. }
        | Settlement::Coalesced { .. }
        | Settlement::Stop => SettledCall::Done,
    })
}

/// Settles a delivery whose calls are all settled. If one was not done, all come again: then nobody is told that a
/// call does not run.
fn settle_parts<C: SettlingChannel>(
    channel: &C,
    delivery: u64,
    settled: SettledCalls<C::AddressedMessage>,
) -> Result<(), BrokerError> {
    let SettledCalls { calls, requeue, reject, refusals } = settled;
    if requeue {
        channel.requeue(delivery)?;
    } else if reject {
        channel.reject(delivery)?;
    } else if refusals.is_empty() {
        channel.ack(delivery)?;
    } else {
        channel.ack_now(delivery)?;
    }
    channel.parts_settled(delivery, calls, requeue);
    if requeue {
        return Ok(());
    }
    refusals.iter().try_for_each(|reply| channel.reply(reply))
}

fn send<C: SettlingChannel>(channel: &C, reply: UnsentReply) -> Result<(), BrokerError> {
    let (tag, promises_never_to_run) = (reply.tag, reply.promises_never_to_run());
    match channel.address(reply) {
        Ok(reply) if promises_never_to_run => {
            channel.ack_now(tag)?;
            channel.reply(&reply)
        }
        Ok(reply) => {
            channel.reply(&reply)?;
            channel.ack(tag)
        }
        Err(error) => {
            log_unwritable(&*error);
            channel.reject(tag)
        }
    }
}
