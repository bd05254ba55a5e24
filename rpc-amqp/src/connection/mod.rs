//! One connection to the broker, and its channels.

mod channel;
mod progress;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

pub use channel::DataChannel;
pub(crate) use progress::Progress;

use crate::{
    broker::Broker,
    error::BrokerError,
    message_channel::MessageChannel,
    options::{ConnectOptions, Inbound},
    transport::{channels::closed, cutoff::ConnectionGuard, driver::Shared, inbound::Findings, pulse::Pulse},
};

/// Shown in errors in place of a user's name that only the broker knows.
pub(crate) const NAMED_BY_CERTIFICATE: &str = "(named by the client certificate)";

/// The time that the broker has to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum of leaked channels per connection.
const MAX_LEAKED_CHANNELS: u32 = 256;

/// A connection to the broker. Clones share it.
///
/// It ends with [`close`](Self::close), or when the last clone and channel are dropped. Either way the broker
/// has five seconds to answer the close.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<lapin::Connection>,
    shared: Shared,
    connection_guard: Arc<ConnectionGuard>,
    findings: Arc<Findings>,
    options: Arc<(ConnectOptions, Inbound)>,
    user: Option<Arc<str>>,
    leaked_channels: Arc<AtomicU32>,
    progress: Progress,
    pulse: Arc<Pulse>,
}

impl Connection {
    /// Wraps a lapin connection. Must be called within a tokio runtime.
    pub(crate) fn new(
        connection: Arc<lapin::Connection>,
        shared: Shared,
        findings: Arc<Findings>,
        options: (ConnectOptions, Inbound),
        user: Option<&str>,
        progress: Progress,
    ) -> Self {
        let heartbeat = Duration::from_secs(connection.configuration().heartbeat().into());
        let pulse = Pulse::start(heartbeat, Arc::clone(&shared.cutoff));
        progress.waits_for("open a channel");
        let connection_guard = ConnectionGuard {
            cutoff: Arc::clone(&shared.cutoff),
            runtime: tokio::runtime::Handle::current(),
            close_timeout: CLOSE_TIMEOUT,
        };
        Self {
            inner: connection,
            shared,
            connection_guard: Arc::new(connection_guard),
            findings,
            options: Arc::new(options),
            user: user.map(Into::into),
            leaked_channels: Arc::default(),
            progress,
            pulse,
        }
    }

    /// The user that logged in, or `None` where only the broker knows it, from a client certificate.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The name of the user for errors and logs.
    pub fn display_user(&self) -> &str {
        self.user().unwrap_or(NAMED_BY_CERTIFICATE)
    }

    /// The name of this connection in the broker's lists.
    pub fn name(&self) -> String {
        self.options.0.connection_name()
    }

    /// The options that this connection was made with.
    pub fn options(&self) -> (&ConnectOptions, &Inbound) {
        (&self.options.0, &self.options.1)
    }

    /// The time limit of one attempt to connect, its preparation included.
    pub fn attempt_timeout(&self) -> Duration {
        self.options.0.timeout
    }

    /// The broker's product and version.
    pub fn broker(&self) -> Broker {
        self.findings.broker()
    }

    /// What the broker said of this connection, and the messages that it returned.
    pub fn findings(&self) -> &Arc<Findings> {
        &self.findings
    }

    /// Returns whether the connection is open.
    pub fn is_connected(&self) -> bool {
        self.inner.status().connected() && !self.shared.channels.has_ended()
    }

    /// Records what the preparation of this connection waits for, as in "it still has to …": the error of a
    /// preparation that takes too long says it.
    pub fn waits_for(&self, step: impl Into<String>) {
        self.progress.waits_for(step);
    }

    /// The same connection, for steps that its preparation does not wait for: they are not
    /// [recorded](Self::waits_for).
    #[must_use]
    pub fn unobserved(&self) -> Self {
        Self { progress: Progress::default(), ..self.clone() }
    }

    /// How many channels may declare at once: few of those that the broker allows.
    pub fn declaring_channels(&self) -> usize {
        const AT_ONCE: u16 = 16;
        match self.inner.configuration().channel_max() {
            0 => AT_ONCE.into(),
            channels => AT_ONCE.min(channels / 4).max(1).into(),
        }
    }

    /// Resolves when the connection is lost or closed, with the reason.
    pub async fn until_lost(&self) -> BrokerError {
        self.shared.channels.ended().await
    }

    /// The reason of a loss, which was `error`: when this program's runtime has not run for a heartbeat
    /// interval, it is that, and not what the broker or the network did.
    pub fn reason_of_loss(&self, error: BrokerError) -> BrokerError {
        match self.pulse.stopped_for(Instant::now()) {
            // The broker had another reason of its own.
            _ if error.code().is_some() => error,
            None => error,
            Some(stopped) => BrokerError::new(
                None,
                format!(
                    "the runtime of this program did not run for {:.1} s, and heartbeats were neither sent nor read: a method or task blocks its thread (make it `#[rpc(blocking)]`, or use `spawn_blocking`), or the process was suspended: {error}",
                    stopped.as_secs_f64()
                ),
            ),
        }
    }

    /// Counts a channel that the broker closed after refusing an operation.
    ///
    /// Such a channel leaks: lapin 4.12 never uses its number again, and once all numbers are used it
    /// discards what is sent on new channels.
    pub fn count_leaked_channel(&self) {
        self.leaked_channels.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether so many channels have leaked that operations that may be refused belong on another
    /// connection.
    pub fn has_leaked_too_many_channels(&self) -> bool {
        let limit = match self.inner.configuration().channel_max() {
            0 => MAX_LEAKED_CHANNELS,
            channels => MAX_LEAKED_CHANNELS.min(u32::from(channels) / 4),
        };
        self.leaked_channels.load(Ordering::Relaxed) >= limit
    }

    /// Opens a channel for publishing and consuming. Operations that may be refused belong on other channels.
    ///
    /// # Errors
    /// When the broker refuses the channel, or the connection was lost.
    pub async fn open_data_channel(&self) -> Result<DataChannel, BrokerError> {
        Ok(DataChannel(self.open_message_channel().await?))
    }

    pub(crate) async fn open_message_channel(&self) -> Result<MessageChannel, BrokerError> {
        let lapin = self.open_channel().await?;
        let channel = self.shared.channels.get(lapin.id());
        let channel = channel.ok_or_else(closed)?;
        Ok(MessageChannel::new(lapin, channel, Arc::clone(&self.connection_guard)))
    }

    pub(crate) async fn open_channel(&self) -> Result<lapin::Channel, BrokerError> {
        Ok(self.inner.create_channel().await?)
    }

    /// Closes the connection. Everything that was written before reaches the broker first.
    pub async fn close(&self) {
        let close = self.inner.close(200, "closed by the application".into());
        match tokio::time::timeout(CLOSE_TIMEOUT, close).await {
            Ok(Ok(())) => {}
            // Not returned: the connection is closed either way.
            Ok(Err(error)) => tracing::debug!(%error, "the connection was already lost when it was closed"),
            Err(_) => {
                tracing::debug!("the broker did not answer the close in time");
                self.connection_guard.cutoff.abort();
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("broker", &self.broker())
            .field("user", &self.user)
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}
