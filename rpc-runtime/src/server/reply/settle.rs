//! The settler: writes replies and settles their deliveries, in batches, in that order.

#[cfg(test)]
mod tests;

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
};

use amqp_rpc_transport::{Addressed, BrokerError, DataChannel, Publisher};
use tokio::sync::{mpsc, oneshot};

use super::acks::{Ack, AckWindow};
use crate::{
    codec::AnyCodec,
    message::{Execution, Fault, Reply},
    wire::reply,
};

/// How one delivery ends. Each gets exactly one.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every settlement is an answer")]
pub(crate) enum Settlement {
    /// Acknowledged once this reply is written; before it, when it says that the method never runs.
    Answer {
        tag: u64,
        reply_to: String,
        correlation_id: Option<String>,
        /// What a fault is written in.
        codec: AnyCodec,
        outcome: Result<Reply, Fault>,
    },
    /// Acknowledged; nobody waits for a reply.
    Done { tag: u64 },
    /// Acknowledged at once; then `settled` hears of it.
    AckNow { tag: u64, settled: oneshot::Sender<()> },
    /// Failed, and nobody hears of it: to the dead letters.
    Reject { tag: u64 },
    /// Not done: back to the queue.
    Requeue { tag: u64 },
    /// Nothing that comes later counts: what is not settled by now, the broker delivers again.
    Stop,
}

/// What the settler does to the channel of its deliveries.
///
/// The three ways to settle only queue a frame, which is written some time later. An error means that the channel is gone: what
/// is not acknowledged by then is delivered again, whether or not an acknowledgement of it was queued.
pub(crate) trait SettlingChannel {
    /// A reply that AMQP can carry.
    type Addressed: Send;

    /// # Errors
    /// Why AMQP cannot carry it.
    fn address(
        &self,
        reply_to: String,
        correlation_id: Option<String>,
        codec: &AnyCodec,
        outcome: Result<Reply, Fault>,
    ) -> Result<Self::Addressed, Box<dyn std::error::Error + Send + Sync>>;

    /// Queues the reply on the first poll; resolves once it is written, and everything that was queued before it.
    fn write(&self, reply: Self::Addressed) -> impl Future<Output = Result<(), BrokerError>> + Send;

    fn ack(&self, ack: Ack) -> Result<(), BrokerError>;

    fn reject(&self, tag: u64) -> Result<(), BrokerError>;

    fn requeue(&self, tag: u64) -> Result<(), BrokerError>;
}

/// Deliveries came over this channel, and replies leave over it.
pub(crate) struct RequestChannel {
    pub(crate) channel: DataChannel,
    pub(crate) publisher: Publisher,
}

impl SettlingChannel for RequestChannel {
    type Addressed = Addressed;

    fn address(
        &self,
        reply_to: String,
        correlation_id: Option<String>,
        codec: &AnyCodec,
        outcome: Result<Reply, Fault>,
    ) -> Result<Addressed, Box<dyn std::error::Error + Send + Sync>> {
        let (properties, body) = reply::compose(correlation_id, codec, outcome);
        self.publisher.address(reply_to, properties, body)
    }

    fn write(&self, reply: Addressed) -> impl Future<Output = Result<(), BrokerError>> + Send {
        self.publisher.write(reply)
    }

    fn ack(&self, ack: Ack) -> Result<(), BrokerError> {
        self.channel.ack(ack.tag, ack.multiple)
    }

    fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.reject(tag)
    }

    fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        self.channel.requeue(tag)
    }
}

/// Where settlements are sent. At most as many are under way as the prefetch windows allow.
pub(crate) type Settlements = mpsc::UnboundedSender<Settlement>;

/// Settles until it is told to stop, or every sender is gone.
///
/// A delivery is acknowledged only after its reply was handed to the operating system: a crash in between repeats the call,
/// never loses it. lapin writes queued acknowledgements before queued publishes, so their order alone would not do. Replies are
/// queued one after the other on their first poll and written in that order, so when the last is written all are.
///
/// A reply that promises that the method never runs is the exception: were the server lost between the two, another one would run
/// what its caller was told is not run. Its request is acknowledged first, and a crash in between costs a refusal.
///
/// # Errors
/// When the channel is lost. Whatever was not acknowledged then is delivered again.
pub(crate) async fn settle<C: SettlingChannel>(
    channel: C,
    mut settlements: mpsc::UnboundedReceiver<Settlement>,
) -> Result<(), BrokerError> {
    let mut window = AckWindow::default();
    let mut unwritten = Vec::new();
    let mut last_write = pin!(None);
    let mut stopping = false;
    while let Some(first) = settlements.recv().await {
        let mut next = Some(first);
        loop {
            while let Some(settlement) = next {
                match settlement {
                    Settlement::Answer { tag, reply_to, correlation_id, codec, outcome } => {
                        let promises = promises_never_to_run(&outcome);
                        match channel.address(reply_to, correlation_id, &codec, outcome) {
                            Ok(reply) => {
                                if promises {
                                    channel.ack(Ack { tag, multiple: false })?;
                                    window.settled(tag);
                                } else {
                                    unwritten.push(tag);
                                }
                                last_write.set(Some(channel.write(reply)));
                                if let Poll::Ready(written) = poll_once(last_write.as_mut()).await {
                                    written?;
                                    last_write.set(None);
                                    unwritten.drain(..).for_each(|tag| window.finish(tag));
                                }
                            }
                            Err(error) => {
                                // Nobody hears of a failure that AMQP cannot carry.
                                tracing::error!(%error, "a reply could not be written; its request goes to the dead letters");
                                channel.reject(tag)?;
                                window.settled(tag);
                            }
                        }
                    }
                    Settlement::Done { tag } => window.finish(tag),
                    Settlement::AckNow { tag, settled } => {
                        channel.ack(Ack { tag, multiple: false })?;
                        window.settled(tag);
                        // Who does not listen any more has ended with the epoch.
                        let _ = settled.send(());
                    }
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
            let Some(write) = last_write.as_mut().as_pin_mut() else { break };
            tokio::select! {
                biased;
                more = settlements.recv(), if !settlements.is_closed() => next = more,
                written = write => {
                    written?;
                    last_write.set(None);
                    unwritten.drain(..).for_each(|tag| window.finish(tag));
                }
            }
        }
        for ack in window.flush() {
            channel.ack(ack)?;
        }
        if stopping {
            break;
        }
    }
    Ok(())
}

/// Whether a reply promises that the method does not run for this request, now or later.
pub(crate) fn promises_never_to_run(outcome: &Result<Reply, Fault>) -> bool {
    outcome.as_ref().is_err_and(|fault| fault.execution() == Execution::Never)
}

async fn poll_once<F: Future>(future: Pin<&mut Option<F>>) -> Poll<F::Output> {
    let mut future = future.as_pin_mut().expect("it was set before");
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}
