//! The settler: writes replies and settles their deliveries, in batches, in that order.

#[cfg(test)]
mod tests;

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use amqp_rpc_transport::{AddressedMessage, BrokerError, DataChannel, Publisher};
use tokio::sync::mpsc;

use super::{
    acks::{Ack, AckWindow},
    settlement::{Settlement, UnsentReply},
};
use crate::{server::begun::BegunOnLink, wire::reply};

/// A channel on which deliveries are settled and replies are written.
///
/// The three ways to settle only queue a frame, which is written some time later. An error means that the
/// channel is lost: what is not acknowledged by then is delivered again, whether or not an acknowledgement of
/// it was queued.
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

    /// Queues the reply on the first poll. Resolves once it is written, and everything that was queued before
    /// it.
    fn write(&self, reply: Self::AddressedMessage) -> impl Future<Output = Result<(), BrokerError>> + Send;

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
        self.publisher.address(reply.reply_to, properties, body)
    }

    fn write(&self, reply: AddressedMessage) -> impl Future<Output = Result<(), BrokerError>> + Send {
        self.publisher.write(reply)
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
/// A delivery is acknowledged only after its reply was handed to the operating system: a crash in between
/// repeats the call, never loses it. lapin writes queued acknowledgements before queued publishes, so their
/// order alone would not do. Replies are queued one after the other on their first poll and written in that
/// order, so when the last is written all are.
///
/// A reply that promises that the method does not run is the exception: if the server were lost between the
/// two, another one would run the call after its caller was told that it does not run. Its request is
/// acknowledged first, and a crash in between loses a refusal.
///
/// # Errors
/// When the channel is lost. What was not acknowledged then is delivered again.
pub(crate) async fn settle<C: SettlingChannel>(
    channel: C,
    mut settlements: mpsc::UnboundedReceiver<Settlement>,
) -> Result<(), BrokerError> {
    let mut batch = Batch::new(&channel);
    let mut last_write = pin!(None);
    while let Some(first) = settlements.recv().await {
        let mut next = Some(first);
        loop {
            while let Some(settlement) = next {
                if let Some(reply) = batch.settle(settlement)? {
                    last_write.set(Some(channel.write(reply)));
                    if let Poll::Ready(written) = poll_once(last_write.as_mut()).await {
                        written?;
                        last_write.set(None);
                        batch.all_written();
                    }
                }
                next = settlements.try_recv().ok();
            }
            // What arrives while the last reply is being written joins the batch.
            let Some(write) = last_write.as_mut().as_pin_mut() else { break };
            tokio::select! {
                biased;
                more = settlements.recv(), if !settlements.is_closed() => next = more,
                written = write => {
                    written?;
                    last_write.set(None);
                    batch.all_written();
                }
            }
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
    /// Deliveries whose replies are queued and not written yet.
    unwritten: Vec<u64>,
    stopping: bool,
}

impl<'c, C: SettlingChannel> Batch<'c, C> {
    fn new(channel: &'c C) -> Self {
        Self { channel, window: AckWindow::default(), unwritten: Vec::new(), stopping: false }
    }

    /// Settles one delivery. Returns the reply that is to be written for it.
    fn settle(&mut self, settlement: Settlement) -> Result<Option<C::AddressedMessage>, BrokerError> {
        match settlement {
            Settlement::Reply(reply) => return self.address(reply),
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
        Ok(None)
    }

    fn address(&mut self, reply: UnsentReply) -> Result<Option<C::AddressedMessage>, BrokerError> {
        let (tag, promises_never_to_run) = (reply.tag, reply.promises_never_to_run());
        match self.channel.address(reply) {
            Ok(reply) => {
                if promises_never_to_run {
                    self.ack_now(tag)?;
                } else {
                    self.unwritten.push(tag);
                }
                Ok(Some(reply))
            }
            Err(error) => {
                // AMQP cannot carry it, so its caller is not told.
                tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
                self.reject(tag)?;
                Ok(None)
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

    fn all_written(&mut self) {
        self.unwritten.drain(..).for_each(|tag| self.window.finish(tag));
    }

    fn flush(&mut self) -> Result<(), BrokerError> {
        self.window.flush().into_iter().try_for_each(|ack| self.channel.ack(ack))
    }
}

async fn poll_once<F: Future>(future: Pin<&mut Option<F>>) -> Poll<F::Output> {
    let mut future = future.as_pin_mut().expect("it was set before");
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}
