//! The settler: writes replies and settles their deliveries, in batches, in that order.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::acks::{Ack, AckWindow};
use crate::{
    amqp::{DataChannel, Publisher, Unpublishable},
    error::BrokerError,
    message::Properties,
};

/// How one delivery ends. Each gets exactly one.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every settlement is an answer")]
pub(super) enum Settlement {
    /// Acknowledged once this reply is written.
    Answer { tag: u64, reply_to: String, properties: Properties, body: Bytes },
    /// Acknowledged; nobody waits for a reply.
    Done { tag: u64 },
    /// Failed, and nobody hears of it: to the dead letters.
    Reject { tag: u64 },
    /// Not done: back to the queue.
    Requeue { tag: u64 },
    /// Nothing that comes later counts: what is not settled by now, the broker delivers again.
    Stop,
}

/// Where settlements are sent. At most as many are under way as the prefetch windows allow.
pub(super) type Settlements = mpsc::UnboundedSender<Settlement>;

type Write<'a> = Pin<Box<dyn Future<Output = Result<(), Unpublishable>> + Send + 'a>>;

/// Settles until it is told to stop, or every sender is gone.
///
/// A delivery is acknowledged only after its reply was handed to the operating system: a crash in between repeats the call,
/// never loses it. lapin writes queued acknowledgements before queued publishes, so their order alone would not do. Replies are
/// queued one after the other on their first poll and written in that order, so when the last is written all are.
///
/// # Errors
/// When the channel is lost. Whatever was not acknowledged then is delivered again.
pub(super) async fn settle(
    channel: DataChannel,
    publisher: Publisher,
    mut settlements: mpsc::UnboundedReceiver<Settlement>,
) -> Result<(), BrokerError> {
    let mut window = AckWindow::default();
    let mut unwritten = Vec::new();
    let mut stopping = false;
    while let Some(first) = settlements.recv().await {
        let mut last_write: Option<Write<'_>> = None;
        let mut next = Some(first);
        loop {
            while let Some(settlement) = next {
                match settlement {
                    Settlement::Answer { tag, reply_to, properties, body } => {
                        let mut write: Write<'_> =
                            Box::pin(publisher.write_to_queue(reply_to, properties, body));
                        match poll_once(&mut write).await {
                            Poll::Ready(Ok(())) => window.finish(tag),
                            Poll::Ready(Err(error)) => give_up_reply(error, tag, &channel, &mut window)?,
                            Poll::Pending => {
                                unwritten.push(tag);
                                last_write = Some(write);
                            }
                        }
                    }
                    Settlement::Done { tag } => window.finish(tag),
                    Settlement::Reject { tag } => {
                        channel.reject(tag)?;
                        window.settled(tag);
                    }
                    Settlement::Requeue { tag } => {
                        channel.requeue(tag)?;
                        window.settled(tag);
                    }
                    Settlement::Stop => stopping = true,
                }
                next = settlements.try_recv().ok();
            }
            // What arrives while the last reply is being written joins the batch.
            let Some(write) = last_write.as_mut() else { break };
            tokio::select! {
                biased;
                more = settlements.recv(), if !settlements.is_closed() => next = more,
                written = write => {
                    written.map_err(lost)?;
                    last_write = None;
                    unwritten.drain(..).for_each(|tag| window.finish(tag));
                }
            }
        }
        for Ack { tag, multiple } in window.flush() {
            channel.ack(tag, multiple)?;
        }
        if stopping {
            break;
        }
    }
    Ok(())
}

/// A reply that AMQP cannot carry is a failure that nobody hears of.
fn give_up_reply(
    error: Unpublishable,
    tag: u64,
    channel: &DataChannel,
    window: &mut AckWindow,
) -> Result<(), BrokerError> {
    match error {
        Unpublishable::Unwritable(error) => {
            tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
            channel.reject(tag)?;
            window.settled(tag);
            Ok(())
        }
        lost_or_congested => Err(lost(lost_or_congested)),
    }
}

fn lost(error: Unpublishable) -> BrokerError {
    match error {
        Unpublishable::Unwritable(error) => BrokerError::new(None, error.to_string()),
        Unpublishable::Lost(error) => error,
        // Replies are bounded by the prefetch window, and not refused for congestion.
        Unpublishable::Congested => BrokerError::new(None, "too much waits to be written"),
    }
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}
