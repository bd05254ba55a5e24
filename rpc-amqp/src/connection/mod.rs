//! One connection to the broker and the channels on it.

mod channel;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

pub use channel::DataChannel;

use crate::{
    error::BrokerError,
    options::{ConnectOptions, Inbound},
    transport::{
        cutoff::{ConnectionGuard, Cutoff},
        guard::Findings,
    },
};

/// Stands for a user's name that only the broker knows.
pub(crate) const NAMED_BY_CERTIFICATE: &str = "(the one that the certificate names)";

/// How long an orderly close may take before it is given up.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How many channels of a connection may be lost to refused questions.
const MAX_LEAKED_CHANNELS: u32 = 256;

/// A connection; clones share it. It ends when [`close`](Self::close)d, or when the last clone and channel are dropped; a broker
/// that does not answer the goodbye holds up neither.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<lapin::Connection>,
    connection_guard: Arc<ConnectionGuard>,
    findings: Arc<Findings>,
    options: Arc<(ConnectOptions, Inbound)>,
    user: Option<Arc<str>>,
    leaked_channels: Arc<AtomicU32>,
}

impl Connection {
    /// A connection of the current runtime.
    pub(crate) fn new(
        connection: Arc<lapin::Connection>,
        cutoff: Arc<Cutoff>,
        findings: Arc<Findings>,
        options: (ConnectOptions, Inbound),
        user: Option<&str>,
    ) -> Self {
        let connection_guard = ConnectionGuard {
            cutoff,
            runtime: tokio::runtime::Handle::current(),
            close_timeout: CLOSE_TIMEOUT,
        };
        Self {
            inner: connection,
            connection_guard: Arc::new(connection_guard),
            findings,
            options: Arc::new(options),
            user: user.map(Into::into),
            leaked_channels: Arc::default(),
        }
    }

    /// The user that logged in. Unknown where the broker read it from a certificate.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// How errors name the user that logged in.
    pub fn user_as_shown(&self) -> &str {
        self.user().unwrap_or(NAMED_BY_CERTIFICATE)
    }

    /// How to reach the same broker again, and what was agreed on what comes in.
    pub fn options(&self) -> (&ConnectOptions, &Inbound) {
        (&self.options.0, &self.options.1)
    }

    /// The time that one attempt to connect may take, all preparations included.
    pub fn attempt_timeout(&self) -> Duration {
        self.options.0.timeout
    }

    /// What the guard found on this connection.
    pub fn findings(&self) -> &Arc<Findings> {
        &self.findings
    }

    pub fn is_connected(&self) -> bool {
        self.inner.status().connected()
    }

    /// Resolves when the connection is lost, a little later: for those that neither consume nor wait for an answer, whom lapin does not
    /// tell.
    pub async fn until_lost(&self) -> BrokerError {
        const OFTEN: Duration = Duration::from_millis(100);
        while self.is_connected() {
            tokio::time::sleep(OFTEN).await;
        }
        BrokerError::new(None, "the connection was lost")
    }

    /// A question was refused, and its channel closed by the broker: lapin 4.12 never uses that channel's number again, and
    /// once all numbers were used it drops what is sent on those.
    pub fn count_spent_channel(&self) {
        self.leaked_channels.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether further questions should be asked on another connection.
    pub fn has_spent_its_channels(&self) -> bool {
        let most = match self.inner.configuration().channel_max() {
            0 => MAX_LEAKED_CHANNELS,
            channels => MAX_LEAKED_CHANNELS.min(u32::from(channels) / 4),
        };
        self.leaked_channels.load(Ordering::Relaxed) >= most
    }

    /// Opens a channel for messages. Nothing that can fail belongs on it but publishing and consuming.
    pub async fn open_data_channel(&self) -> Result<DataChannel, BrokerError> {
        Ok(DataChannel {
            channel: self.open_channel().await?,
            frame_max: self.frame_max(),
            connection_guard: Arc::clone(&self.connection_guard),
            findings: Arc::clone(&self.findings),
        })
    }

    pub(crate) fn frame_max(&self) -> u32 {
        self.inner.configuration().frame_max()
    }

    pub(crate) fn connection_guard(&self) -> Arc<ConnectionGuard> {
        Arc::clone(&self.connection_guard)
    }

    pub(crate) async fn open_channel(&self) -> Result<lapin::Channel, BrokerError> {
        Ok(self.inner.create_channel().await?)
    }

    /// Says goodbye to the broker; what was written before arrives before.
    pub async fn close(&self) {
        let close = self.inner.close(200, "closed by the application".into());
        match tokio::time::timeout(CLOSE_TIMEOUT, close).await {
            Ok(Ok(())) => {}
            // Nobody is left to act on it: the connection is gone either way.
            Ok(Err(error)) => tracing::debug!(%error, "the connection was already gone when it was closed"),
            Err(_) => {
                tracing::debug!("the broker did not answer the close in time");
                self.connection_guard.cutoff.abort();
            }
        }
    }
}
