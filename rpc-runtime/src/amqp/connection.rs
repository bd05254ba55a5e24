//! One connection to the broker and the channels on it.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;

use super::{
    ConnectOptions, Consumer, Inbound, Publisher,
    dial::NAMED_BY_CERTIFICATE,
    guard::Findings,
    lifeline::{Anchor, Lifeline},
    login::Login,
    secrets,
};
use crate::error::BrokerError;

/// How long an orderly close may take before it is given up.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How many channels of a connection may be lost to refused questions.
const MAX_SPENT_CHANNELS: u32 = 256;

/// A connection; clones share it. It ends when [`close`](Self::close)d, or when the last clone and channel are dropped; a broker
/// that does not answer the goodbye holds up neither.
#[derive(Clone)]
pub(crate) struct Connection {
    inner: Arc<lapin::Connection>,
    anchor: Arc<Anchor>,
    findings: Arc<Findings>,
    options: Arc<(ConnectOptions, Inbound)>,
    user: Option<Arc<str>>,
    spent_channels: Arc<AtomicU32>,
}

impl Connection {
    /// A connection of the current runtime.
    pub(super) fn new(
        connection: lapin::Connection,
        lifeline: Arc<Lifeline>,
        findings: Arc<Findings>,
        options: (ConnectOptions, Inbound),
        login: &mut Login,
    ) -> Self {
        let connection = Arc::new(connection);
        if let Some(changes) = login.take_changes() {
            secrets::pass_on(changes, &connection, Arc::clone(&lifeline));
        }
        let anchor = Anchor { lifeline, runtime: tokio::runtime::Handle::current(), patience: CLOSE_TIMEOUT };
        Self {
            inner: connection,
            anchor: Arc::new(anchor),
            findings,
            options: Arc::new(options),
            user: login.user().map(Into::into),
            spent_channels: Arc::default(),
        }
    }

    /// The user that logged in. Unknown where the broker read it from a certificate.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// How errors name the user that logged in.
    pub(crate) fn user_as_shown(&self) -> &str {
        self.user().unwrap_or(NAMED_BY_CERTIFICATE)
    }

    /// How to reach the same broker again, and what was agreed on what comes in.
    pub(crate) fn options(&self) -> (&ConnectOptions, &Inbound) {
        (&self.options.0, &self.options.1)
    }

    /// What the guard found on this connection.
    pub(crate) fn findings(&self) -> &Arc<Findings> {
        &self.findings
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.inner.status().connected()
    }

    /// Resolves when the connection is lost, a little later: for those that neither consume nor wait for an answer, whom lapin does not
    /// tell.
    pub(crate) async fn until_lost(&self) -> BrokerError {
        const OFTEN: Duration = Duration::from_millis(100);
        while self.is_connected() {
            tokio::time::sleep(OFTEN).await;
        }
        BrokerError::new(None, "the connection was lost")
    }

    /// A question was refused, and its channel closed by the broker: lapin 4.12 never uses that channel's number again, and
    /// once all numbers were used it drops what is sent on those.
    pub(crate) fn count_spent_channel(&self) {
        self.spent_channels.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether further questions should be asked on another connection.
    pub(crate) fn has_spent_its_channels(&self) -> bool {
        let most = match self.inner.configuration().channel_max() {
            0 => MAX_SPENT_CHANNELS,
            channels => MAX_SPENT_CHANNELS.min(u32::from(channels) / 4),
        };
        self.spent_channels.load(Ordering::Relaxed) >= most
    }

    /// Opens a channel for messages. Nothing that can fail belongs on it but publishing and consuming.
    pub(crate) async fn open_data_channel(&self) -> Result<DataChannel, BrokerError> {
        Ok(DataChannel {
            channel: self.open_channel().await?,
            frame_max: self.frame_max(),
            anchor: Arc::clone(&self.anchor),
            findings: Arc::clone(&self.findings),
        })
    }

    pub(super) fn frame_max(&self) -> u32 {
        self.inner.configuration().frame_max()
    }

    pub(super) fn anchor(&self) -> Arc<Anchor> {
        Arc::clone(&self.anchor)
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
            Err(_) => {
                tracing::debug!("the broker did not answer the close in time");
                self.anchor.lifeline.cut();
            }
        }
    }
}

/// A channel that carries messages. Clones share it; the broker closes it when anything on it goes wrong.
#[derive(Clone)]
pub(crate) struct DataChannel {
    channel: lapin::Channel,
    frame_max: u32,
    anchor: Arc<Anchor>,
    findings: Arc<Findings>,
}

impl DataChannel {
    pub(crate) fn publisher(&self) -> Publisher {
        Publisher::new(self.channel.clone(), self.frame_max, Arc::clone(&self.anchor))
    }

    /// Consumes `queue`, at most `prefetch` deliveries unacknowledged at a time.
    pub(crate) async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer, BrokerError> {
        self.channel.basic_qos(prefetch, lapin::options::BasicQosOptions { global: false }).await?;
        self.start_consumer(queue, lapin::options::BasicConsumeOptions::default()).await
    }

    /// Consumes `queue` without acknowledgements, as its only consumer: for replies.
    pub(crate) async fn consume_replies(&self, queue: &str) -> Result<Consumer, BrokerError> {
        let options =
            lapin::options::BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        self.start_consumer(queue, options).await
    }

    /// Consumes the pseudo-queue of direct reply-to. Must precede the first publish on this channel.
    pub(crate) async fn consume_direct_replies(&self, address: &str) -> Result<Consumer, BrokerError> {
        let options = lapin::options::BasicConsumeOptions { no_ack: true, ..Default::default() };
        self.start_consumer(address, options).await
    }

    async fn start_consumer(
        &self,
        queue: &str,
        options: lapin::options::BasicConsumeOptions,
    ) -> Result<Consumer, BrokerError> {
        let (anchor, findings) = (Arc::clone(&self.anchor), Arc::clone(&self.findings));
        Consumer::start(&self.channel, queue, options, anchor, findings).await
    }

    /// Stops the delivery of new messages; those on the way still arrive, then the consumer ends.
    pub(crate) async fn cancel(&self, consumer_tag: &str) -> Result<(), BrokerError> {
        Ok(self.channel.basic_cancel(consumer_tag.into(), Default::default()).await?)
    }

    /// Acknowledges one delivery, or with `multiple` all up to it.
    pub(crate) fn ack(&self, tag: u64, multiple: bool) -> Result<(), BrokerError> {
        queued(self.channel.basic_ack(tag, lapin::options::BasicAckOptions { multiple }))
    }

    /// Resolves once the broker has handled everything that was queued on this channel before.
    pub(crate) async fn round_trip(&self) -> Result<(), BrokerError> {
        // The one question that changes nothing: the broker may go on sending.
        self.channel.channel_flow(lapin::options::ChannelFlowOptions { active: true }).await?;
        Ok(())
    }

    /// Refuses one delivery as failed: it goes to the dead letters, or is dropped where there are none.
    pub(crate) fn reject(&self, tag: u64) -> Result<(), BrokerError> {
        queued(self.channel.basic_reject(tag, lapin::options::BasicRejectOptions { requeue: false }))
    }

    /// Gives one delivery back unharmed: `nack`, because RabbitMQ 4.3 does not count it as a failure.
    pub(crate) fn requeue(&self, tag: u64) -> Result<(), BrokerError> {
        queued(
            self.channel.basic_nack(tag, lapin::options::BasicNackOptions { multiple: false, requeue: true }),
        )
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
