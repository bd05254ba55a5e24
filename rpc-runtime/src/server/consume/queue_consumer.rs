//! The consumer of one queue, made again when the broker has cancelled it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::{
    Backoff, BrokerError, ConnectError, Connection, Consumer, DataChannel, Delivered, TopologyError, Touch,
    chain, connect,
};
use tokio::sync::watch;

use super::worker::{Control, Mode, next_mode};
use crate::server::settings::QueuePlan;

pub(crate) const UNANSWERED: &str = "the broker did not answer in time";

/// What a worker takes deliveries from. It has a consumer, or is to be [renewed](Self::renew).
pub(crate) struct QueueConsumer {
    pub(crate) queue: Arc<QueuePlan>,
    connection: Connection,
    channel: DataChannel,
    consumer: Option<Consumer>,
    backoff: Backoff,
    since: Instant,
}

impl QueueConsumer {
    /// Without a consumer.
    pub(crate) fn new(queue: Arc<QueuePlan>, connection: Connection, channel: DataChannel) -> Self {
        Self {
            queue,
            connection,
            channel,
            consumer: None,
            backoff: Backoff::default(),
            since: Instant::now(),
        }
    }

    /// Consumes. The queue must be there: a refusal closes the channel, and leaves the queue suspected.
    pub(crate) async fn consume(&mut self) -> Result<(), TopologyError> {
        match self.channel.consume(&self.queue.name, self.queue.concurrency).await {
            Ok(consumer) => {
                self.consumer = Some(consumer);
                self.since = Instant::now();
                self.queue.suspect(false);
                Ok(())
            }
            Err(source) => {
                if source.is_of_channel() {
                    self.queue.suspect(true);
                }
                Err(self.refused(source))
            }
        }
    }

    pub(crate) fn consumes(&self) -> bool {
        self.consumer.is_some()
    }

    /// Consumes for at most `patience`; when that is over, there may be a consumer yet.
    pub(crate) async fn consume_within(&mut self, patience: Duration) -> Result<(), TopologyError> {
        match tokio::time::timeout(patience, self.consume()).await {
            Ok(consumed) => consumed,
            Err(_) => Err(self.refused(BrokerError::new(None, UNANSWERED))),
        }
    }

    /// Prepares a queue that is new to a server that runs: a refusal of its consumer would disturb all others.
    pub(crate) async fn try_out(&self, patience: Duration) -> Result<(), TopologyError> {
        // The broker has asked for the same permission where the queue was declared with dead letters. Consuming for a moment would mark
        // what waits there as delivered before.
        if !self.queue.shows_when_declared() {
            self.queue.suspect(true);
        }
        self.prepare(patience).await
    }

    /// Makes sure that the queue is there, and where it is suspected, that it may be consumed; `patience` is for each of them.
    ///
    /// # Errors
    /// When the queue is refused, which disturbs no other, or the connection is lost.
    pub(crate) async fn prepare(&self, patience: Duration) -> Result<(), TopologyError> {
        self.queue.declare(&self.connection, patience).await?;
        if self.queue.is_consume_denied() {
            self.consume_elsewhere(patience).await.map_err(|source| self.refused(source))?;
        }
        Ok(())
    }

    /// Consumes for a moment, over another connection: on this one every refusal would cost a channel's number, for lapin uses none again.
    /// The one request that may be delivered goes back.
    async fn consume_elsewhere(&self, patience: Duration) -> Result<(), BrokerError> {
        let (options, inbound) = self.connection.options();
        let tried = connect(options, inbound, async |other: Connection| {
            let tried = match other.open_data_channel().await {
                Ok(channel) => channel.consume(&self.queue.name, 1).await.map(drop),
                Err(error) => Err(error),
            };
            other.close().await;
            Ok(tried)
        });
        match tokio::time::timeout(patience, tried).await {
            Ok(tried) => tried
                .unwrap_or_else(|error: ConnectError| Err(BrokerError::new(None, chain(&error).to_string()))),
            Err(_) => Err(BrokerError::new(None, UNANSWERED)),
        }
    }

    fn refused(&self, source: BrokerError) -> TopologyError {
        TopologyError { touch: Touch::ConsumeQueue, name: self.queue.name.clone(), source }
    }

    /// The next delivery; `None` when there is no consumer any more. `Err` when the channel is lost.
    pub(crate) async fn next(&mut self) -> Option<Result<Delivered, BrokerError>> {
        self.consumer.as_mut()?.next().await
    }

    /// Takes nothing new; what is on the way still comes.
    pub(crate) async fn cancel(&self) -> Result<(), BrokerError> {
        match &self.consumer {
            Some(consumer) => self.channel.cancel(consumer.tag()).await,
            None => Ok(()),
        }
    }

    /// Resolves when the connection is lost. For when there is no consumer to hear it from.
    pub(crate) async fn until_lost(&self) -> BrokerError {
        self.connection.until_lost().await
    }

    /// Consumes again, on the same channel: calls that run can still be answered, and other queues are not touched. Tries until it
    /// works, with growing pauses, or until an order comes.
    ///
    /// # Errors
    /// When the channel is lost.
    pub(crate) async fn renew(&mut self, told: &mut watch::Receiver<Control>) -> Result<(), BrokerError> {
        if self.consumer.take().is_some() {
            tracing::warn!(queue = self.queue.name, "the broker ended the consumer, and another one is made");
            self.backoff.reset_after(self.since.elapsed());
        }
        loop {
            tokio::select! {
                biased;
                _ = next_mode(told, Mode::Serve) => return Ok(()),
                lost = self.connection.until_lost() => return Err(lost),
                () = tokio::time::sleep(self.backoff.next_delay()) => {}
            }
            // Orders do not interrupt this: a consumer that nobody reads would keep what it is given until the connection ends.
            let patience = self.connection.attempt_timeout();
            match tokio::time::timeout(patience, self.try_again()).await {
                Ok(Ok(true)) => return Ok(()),
                Ok(Ok(false)) => {}
                Ok(Err(lost)) => return Err(lost),
                Err(_) => return Err(BrokerError::new(None, UNANSWERED)),
            }
        }
    }

    /// Whether there is a consumer now.
    async fn try_again(&mut self) -> Result<bool, BrokerError> {
        // The last third is for consuming.
        let patience = self.connection.attempt_timeout() / 3;
        if let Err(error) = self.prepare(patience).await {
            if !self.connection.is_connected() {
                return Err(error.source);
            }
            tracing::warn!(
                queue = self.queue.name,
                refused = error.name,
                error = %chain(&error.source),
                "the queue cannot be consumed, and is tried again"
            );
            return Ok(false);
        }
        self.consume().await.map_err(|refused| refused.source)?;
        tracing::info!(queue = self.queue.name, "the queue is consumed again");
        Ok(true)
    }
}
