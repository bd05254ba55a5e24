//! The consumer of one queue on a link's channel, made again when the broker ends it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use amqp_rpc_transport::{
    Backoff, BrokerError, ConnectError, Connection, Consumer, DataChannel, Delivered, Operation,
    TopologyError, chain, connect, reply_code::ACCESS_REFUSED,
};
use tokio::sync::watch;

use crate::server::{
    control::{Control, until_draining},
    services::QueuePlan,
    topology::no_answer,
};

/// Consumes one queue. Between two consumers it has none, and is to be [renewed](Self::renew).
pub(crate) struct QueueConsumer {
    pub(crate) queue: Arc<QueuePlan>,
    connection: Connection,
    channel: DataChannel,
    consumer: Option<Consumer>,
    backoff: Backoff,
    consuming_since: Instant,
    /// What the consumer was made with.
    prefetch: u16,
}

impl QueueConsumer {
    /// Does not consume yet.
    pub(crate) fn new(queue: Arc<QueuePlan>, connection: Connection, channel: DataChannel) -> Self {
        let backoff = Backoff::new(connection.options().0);
        let (consumer, consuming_since) = (None, Instant::now());
        Self { queue, connection, channel, consumer, backoff, consuming_since, prefetch: 0 }
    }

    /// Makes a consumer. The queue must exist: a refusal closes the channel, and is remembered by the queue.
    pub(crate) async fn consume(&mut self) -> Result<(), TopologyError> {
        let prefetch = self.queue.prefetch();
        match self.channel.consume(self.queue.name(), prefetch).await {
            Ok(consumer) => {
                self.prefetch = prefetch;
                self.consumer = Some(consumer);
                self.consuming_since = Instant::now();
                self.queue.set_consume_denied(false);
                Ok(())
            }
            Err(source) => {
                if source.is_channel_error() {
                    self.queue.set_consume_denied(true);
                }
                Err(self.refused(source))
            }
        }
    }

    pub(crate) fn consumes(&self) -> bool {
        self.consumer.is_some()
    }

    /// Makes a consumer within `timeout`. After a timeout the broker may still make it.
    pub(crate) async fn consume_within(&mut self, timeout: Duration) -> Result<(), TopologyError> {
        match tokio::time::timeout(timeout, self.consume()).await {
            Ok(consumed) => consumed,
            Err(_) => Err(self.refused(no_answer())),
        }
    }

    /// Prepares a queue that is new to a running server: a refused consumer would disturb all other queues.
    pub(crate) async fn prepare_new(&self, timeout: Duration) -> Result<(), TopologyError> {
        // A declaration with dead letters needs the same permission as consuming. Where there is none, the
        // permission is tried out: only there, for consuming for a moment marks a waiting request as
        // redelivered.
        if !self.queue.declaration.needs_read_permission() {
            self.queue.set_consume_denied(true);
        }
        self.prepare(timeout).await
    }

    /// Makes sure that the queue exists, and where consuming it was refused last time, that it may be
    /// consumed. Each has `timeout`.
    ///
    /// # Errors
    /// When the queue is refused, which disturbs no other, or the connection is lost.
    pub(crate) async fn prepare(&self, timeout: Duration) -> Result<(), TopologyError> {
        self.queue.declaration.declare(&self.connection, timeout).await?;
        if let Some(exchange) = self.queue.refused_exchange() {
            let why = format!("the user may not publish replies to the exchange '{exchange}'");
            return Err(self.refused(BrokerError::new(Some(ACCESS_REFUSED), why)));
        }
        if self.queue.is_consume_denied() {
            self.consume_elsewhere(timeout).await.map_err(|source| self.refused(source))?;
        }
        Ok(())
    }

    /// Consumes for a moment over another connection: on this one every refusal would cost a channel number,
    /// which lapin does not use again. A request that is delivered meanwhile is requeued.
    async fn consume_elsewhere(&self, timeout: Duration) -> Result<(), BrokerError> {
        let (options, inbound) = self.connection.options();
        let consuming = connect(options, inbound, async |other: Connection| {
            let consumed = match other.open_data_channel().await {
                Ok(channel) => channel.consume(self.queue.name(), 1).await.map(drop),
                Err(error) => Err(error),
            };
            other.close().await;
            Ok(consumed)
        });
        match tokio::time::timeout(timeout, consuming).await {
            Ok(consumed) => consumed
                .unwrap_or_else(|error: ConnectError| Err(BrokerError::new(None, chain(&error).to_string()))),
            Err(_) => Err(no_answer()),
        }
    }

    fn refused(&self, source: BrokerError) -> TopologyError {
        TopologyError { operation: Operation::ConsumeQueue, name: self.queue.name().to_owned(), source }
    }

    /// The next delivery. `None` when there is no consumer any more, `Err` when the channel is lost.
    pub(crate) async fn next(&mut self) -> Option<Result<Box<Delivered>, BrokerError>> {
        self.consumer.as_mut()?.next().await
    }

    /// Takes nothing new from the queue. What the broker has sent before still arrives.
    pub(crate) async fn cancel(&self) -> Result<(), BrokerError> {
        match &self.consumer {
            Some(consumer) => self.channel.cancel(consumer.tag()).await,
            None => Ok(()),
        }
    }

    /// Returns whether the plan of the queue asks for another prefetch than the consumer has: a service with locks
    /// has come to the queue, or has left it.
    pub(crate) fn is_outdated(&self) -> bool {
        self.consumer.is_some() && self.prefetch != self.queue.prefetch()
    }

    /// Returns whether there is a consumer that the broker has not cancelled, as far as this side knows.
    pub(crate) fn is_active(&self) -> bool {
        self.consumer.as_ref().is_some_and(|consumer| !consumer.has_ended())
    }

    /// Waits until the broker has processed what was sent on the channel before: what it sent before that has arrived
    /// then.
    pub(crate) async fn round_trip(&self) -> Result<(), BrokerError> {
        match tokio::time::timeout(self.connection.attempt_timeout(), self.channel.round_trip()).await {
            Ok(done) => done,
            Err(_) => Err(no_answer()),
        }
    }

    /// Has no consumer from now on.
    pub(crate) fn forget(&mut self) {
        self.consumer = None;
    }

    /// Waits until the connection is lost, where no consumer reports it.
    pub(crate) async fn until_lost(&self) -> BrokerError {
        self.connection.until_lost().await
    }

    /// Consumes again on the same channel: calls that run can still be answered, and other queues are not
    /// touched. Tries with growing pauses until it succeeds, or the worker is to drain.
    ///
    /// # Errors
    /// When the channel is lost.
    pub(crate) async fn renew(
        &mut self,
        control_rx: &mut watch::Receiver<Control>,
    ) -> Result<(), BrokerError> {
        if self.consumer.take().is_some() {
            tracing::warn!(
                queue = self.queue.name(),
                "the broker cancelled the consumer; it is created again"
            );
            self.backoff.reset_after(self.consuming_since.elapsed());
        }
        let pause = self.backoff.next_delay();
        self.try_after(pause, control_rx).await
    }

    /// Consumes with another prefetch, after the consumer was cancelled. Does what [`renew`](Self::renew) does, and
    /// begins at once.
    ///
    /// # Errors
    /// When the channel is lost.
    pub(crate) async fn resize(
        &mut self,
        control_rx: &mut watch::Receiver<Control>,
    ) -> Result<(), BrokerError> {
        self.consumer = None;
        self.try_after(Duration::ZERO, control_rx).await
    }

    async fn try_after(
        &mut self,
        mut pause: Duration,
        control_rx: &mut watch::Receiver<Control>,
    ) -> Result<(), BrokerError> {
        loop {
            tokio::select! {
                biased;
                () = until_draining(control_rx) => return Ok(()),
                lost = self.connection.until_lost() => return Err(lost),
                () = tokio::time::sleep(pause) => {}
            }
            // A drain does not interrupt this: a consumer that is made but not read would keep its deliveries
            // until the connection ends.
            let timeout = self.connection.attempt_timeout();
            match tokio::time::timeout(timeout, self.try_again()).await {
                Ok(Ok(true)) => return Ok(()),
                Ok(Ok(false)) => pause = self.backoff.next_delay(),
                Ok(Err(lost)) => return Err(lost),
                Err(_) => return Err(no_answer()),
            }
        }
    }

    /// Tries to consume. Returns whether there is a consumer now.
    async fn try_again(&mut self) -> Result<bool, BrokerError> {
        // The last third is for consuming.
        let timeout = self.connection.attempt_timeout() / 3;
        if let Err(error) = self.prepare(timeout).await {
            if !self.connection.is_connected() {
                return Err(error.source);
            }
            tracing::warn!(
                queue = self.queue.name(),
                refused = error.name,
                error = %chain(&error.source),
                "consuming the queue failed; it is tried again"
            );
            return Ok(false);
        }
        self.consume().await.map_err(|refused| refused.source)?;
        tracing::info!(queue = self.queue.name(), "the queue is consumed again");
        Ok(true)
    }
}
