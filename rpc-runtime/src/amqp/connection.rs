//! One connection to the broker and the channels on it.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::FutureExt;

use super::{Consumer, Publisher};
use crate::error::BrokerError;

/// How long an orderly close may take before the socket is simply dropped.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection; clones share it. It ends when [`close`](Self::close)d, or when the last clone and channel are dropped.
#[derive(Clone)]
pub(crate) struct Connection {
    inner: Arc<lapin::Connection>,
    user: Arc<str>,
}

impl Connection {
    pub(super) fn new(connection: lapin::Connection, user: String) -> Self {
        Self { inner: Arc::new(connection), user: user.into() }
    }

    /// The user that logged in.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.inner.status().connected()
    }

    /// Opens a channel for messages. Nothing that can fail belongs on it but publishing and consuming.
    pub(crate) async fn open_data_channel(&self) -> Result<DataChannel, BrokerError> {
        Ok(DataChannel(self.open_channel().await?))
    }

    pub(super) async fn open_channel(&self) -> Result<lapin::Channel, BrokerError> {
        Ok(self.inner.create_channel().await?)
    }

    /// Says goodbye to the broker; what was written before arrives before.
    pub(crate) async fn close(&self) {
        let close = self.inner.close(200, "closed by the application".into());
        match tokio::time::timeout(CLOSE_TIMEOUT, close).await {
            Ok(Ok(())) => {}
            // Nobody is left to act on it: the connection is gone either way.
            Ok(Err(error)) => tracing::debug!(%error, "the connection was already gone when it was closed"),
            Err(_) => tracing::debug!("the broker did not answer the close in time"),
        }
    }
}

/// A channel that carries messages. Clones share it; the broker closes it when anything on it goes wrong.
#[derive(Clone)]
pub(crate) struct DataChannel(lapin::Channel);

impl DataChannel {
    pub(crate) fn publisher(&self) -> Publisher {
        Publisher::new(self.0.clone())
    }

    /// Consumes `queue`, at most `prefetch` deliveries unacknowledged at a time.
    pub(crate) async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, BrokerError> {
        self.0.basic_qos(prefetch, lapin::options::BasicQosOptions { global: false }).await?;
        Consumer::start(&self.0, queue, lapin::options::BasicConsumeOptions::default()).await
    }

    /// Consumes `queue` without acknowledgements, as its only consumer: for replies.
    pub(crate) async fn consume_replies(&self, queue: &str) -> Result<Consumer, BrokerError> {
        let options =
            lapin::options::BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        Consumer::start(&self.0, queue, options).await
    }

    /// Consumes the pseudo-queue of direct reply-to. Must precede the first publish on this channel.
    pub(crate) async fn consume_direct_replies(&self, address: &str) -> Result<Consumer, BrokerError> {
        let options = lapin::options::BasicConsumeOptions { no_ack: true, ..Default::default() };
        Consumer::start(&self.0, address, options).await
    }

    /// Stops the delivery of new messages; those on the way still arrive, then the consumer ends.
    pub(crate) async fn cancel(&self, consumer_tag: &str) -> Result<(), BrokerError> {
        Ok(self.0.basic_cancel(consumer_tag.into(), Default::default()).await?)
    }

    /// Acknowledges one delivery, or with `multiple` all up to it.
    pub(crate) fn ack(&self, tag: u64, multiple: bool) -> Result<(), BrokerError> {
        queued(self.0.basic_ack(tag, lapin::options::BasicAckOptions { multiple }))
    }

    /// Refuses one delivery as failed: it goes to the dead letters, or is dropped where there are none.
    pub(crate) fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        queued(self.0.basic_reject(tag, lapin::options::BasicRejectOptions { requeue: false }))
    }

    /// Gives one delivery back unharmed: `nack`, because RabbitMQ 4.3 does not count it as a failure.
    pub(crate) fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        queued(self.0.basic_nack(tag, lapin::options::BasicNackOptions { multiple: false, requeue: true }))
    }
}

/// Settling is queued on the first poll; the rest of the future only waits for the write. What is queued later, the close
/// included, is written later.
fn queued(settling: impl Future<Output = lapin::Result<()>>) -> Result<(), BrokerError> {
    match settling.now_or_never() {
        Some(Err(error)) => Err(error.into()),
        Some(Ok(())) | None => Ok(()),
    }
}
