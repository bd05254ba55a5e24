//! The connection state of a client or a server, and a watch for its changes.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::broker::Broker;

/// The state of a client's or server's connection.
///
/// `Connecting` → `Ready` ⇄ `Blocked` → `Connecting` …, and at the end `Draining` (servers) and `Closed`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// The connection was lost, and a new one is being made. Calls wait, within their timeout.
    #[non_exhaustive]
    Connecting {
        /// The number of failed attempts since the connection was lost.
        failures: u32,
        /// The reason of the loss, or of the last failure.
        reason: Arc<str>,
    },
    /// The connection is open: a client sends calls, a server serves requests.
    #[non_exhaustive]
    Ready {
        /// The number of the connection, counted from 1.
        epoch: u64,
        /// The broker at its other end.
        broker: Broker,
    },
    /// The connection is open, but the broker accepts no messages on it, because it is short of memory or
    /// disk (`connection.blocked`). LavinMQ closes the channel instead: that is `Connecting`, with its reason,
    /// until it accepts messages again.
    #[non_exhaustive]
    Blocked {
        /// The number of the connection.
        epoch: u64,
        /// The broker at its other end.
        broker: Broker,
        /// The broker's reason.
        reason: Arc<str>,
    },
    /// The server consumes no new requests and finishes those in progress.
    Draining,
    /// The client or server has ended and does not reconnect.
    #[non_exhaustive]
    Closed {
        /// The reason.
        reason: Arc<str>,
    },
}

impl ConnectionState {
    /// Creates [`Connecting`](Self::Connecting), after `failures` failed attempts.
    #[must_use]
    pub fn connecting(failures: u32, reason: impl Into<Arc<str>>) -> Self {
        Self::Connecting { failures, reason: reason.into() }
    }

    /// Creates [`Ready`](Self::Ready), on connection number `epoch`, to `broker`.
    #[must_use]
    pub fn ready(epoch: u64, broker: Broker) -> Self {
        Self::Ready { epoch, broker }
    }

    /// Creates [`Blocked`](Self::Blocked), on connection number `epoch`, by `broker`.
    #[must_use]
    pub fn blocked(epoch: u64, broker: Broker, reason: impl Into<Arc<str>>) -> Self {
        Self::Blocked { epoch, broker, reason: reason.into() }
    }

    /// Creates [`Closed`](Self::Closed), with its reason.
    #[must_use]
    pub fn closed(reason: impl Into<Arc<str>>) -> Self {
        Self::Closed { reason: reason.into() }
    }

    /// Returns whether the state is [`Ready`](Self::Ready), so that messages can be sent.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Returns whether the state is [`Closed`](Self::Closed), which is final.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// The number of the open connection, if there is one.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        match self {
            Self::Ready { epoch, .. } | Self::Blocked { epoch, .. } => Some(*epoch),
            Self::Connecting { .. } | Self::Draining | Self::Closed { .. } => None,
        }
    }

    /// The broker at the other end of the open connection, if there is one.
    #[must_use]
    pub fn broker(&self) -> Option<Broker> {
        match self {
            Self::Ready { broker, .. } | Self::Blocked { broker, .. } => Some(*broker),
            Self::Connecting { .. } | Self::Draining | Self::Closed { .. } => None,
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting { failures, reason } => {
                write!(f, "connecting, {failures} attempts have failed: {reason}")
            }
            Self::Ready { epoch, broker } => write!(f, "ready, connection {epoch}, to {broker}"),
            Self::Blocked { epoch, broker, reason } => {
                write!(f, "connection {epoch} is blocked by the broker, {broker}: {reason}")
            }
            Self::Draining => f.write_str("draining"),
            Self::Closed { reason } => write!(f, "closed: {reason}"),
        }
    }
}

/// Watches a [`ConnectionState`].
///
/// A state that is soon replaced by another may be missed, but never the latest one. The watch does not keep
/// the client or server alive.
#[derive(Clone, Debug)]
pub struct StateWatch(watch::Receiver<ConnectionState>);

impl StateWatch {
    /// Watches the states that `states` sends.
    pub fn new(states: &watch::Sender<ConnectionState>) -> Self {
        Self(states.subscribe())
    }

    /// The current state.
    #[must_use]
    pub fn current(&self) -> ConnectionState {
        self.0.borrow().clone()
    }

    /// Waits for a state that this watch has not returned yet. Returns `None` once the client or server was
    /// dropped. Dropping the future loses no state.
    pub async fn changed(&mut self) -> Option<ConnectionState> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().clone())
    }

    /// Waits until messages can be sent, for at most `timeout`. Dropping the future changes nothing, but it may
    /// have taken note of states that [`changed`](Self::changed) then does not return.
    ///
    /// # Errors
    /// The state at the end of that time, or without further waiting [`Closed`](ConnectionState::Closed).
    pub async fn wait_ready(&mut self, timeout: Duration) -> Result<(), NotReady> {
        let settled = self.0.wait_for(|state| state.is_ready() || state.is_closed());
        // Takes the state that ended the wait, since the current one may already differ.
        let settled = match tokio::time::timeout(timeout, settled).await {
            Ok(Ok(state)) => Some(state.clone()),
            Ok(Err(_)) | Err(_) => None,
        };
        let state = settled.unwrap_or_else(|| self.current());
        if state.is_ready() { Ok(()) } else { Err(NotReady { state }) }
    }
}

/// The connection was not ready in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not ready: {state}")]
#[non_exhaustive]
pub struct NotReady {
    /// The state at the end of the wait.
    pub state: ConnectionState,
}

impl NotReady {
    /// The error of a wait that ended in `state`.
    #[must_use]
    pub fn new(state: ConnectionState) -> Self {
        Self { state }
    }
}
