//! What a client or a server tells of its connection, for people and programs that watch it.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::watch;

/// How the connection of a client or a server stands.
///
/// `Connecting` → `Ready` ⇄ `Blocked` → `Connecting` …, and at the end `Draining` (servers) and `Closed`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionState {
    /// There is none: it was lost, and a new one is being made. Calls wait, within their timeout.
    #[non_exhaustive]
    Connecting {
        /// How many attempts have failed since it was lost.
        failures: u32,
        /// Why it was lost, or why the last attempt failed.
        reason: Arc<str>,
    },
    /// Calls are sent, requests are served.
    #[non_exhaustive]
    Ready {
        /// Which connection it is, counted from 1.
        epoch: u64,
    },
    /// The connection stands, but the broker takes no messages on it: it is short of memory or disk (`connection.blocked`).
    #[non_exhaustive]
    Blocked {
        /// Which connection it is.
        epoch: u64,
        /// What the broker gave as its reason.
        reason: Arc<str>,
    },
    /// The server takes nothing new and finishes what it has.
    Draining,
    /// It has ended for good.
    #[non_exhaustive]
    Closed {
        /// What ended it.
        reason: Arc<str>,
    },
}

impl ConnectionState {
    /// [`Connecting`](Self::Connecting), after so many failed attempts.
    #[must_use]
    pub fn connecting(failures: u32, reason: impl Into<Arc<str>>) -> Self {
        Self::Connecting { failures, reason: reason.into() }
    }

    /// [`Ready`](Self::Ready), on connection number `epoch`.
    #[must_use]
    pub fn ready(epoch: u64) -> Self {
        Self::Ready { epoch }
    }

    /// [`Blocked`](Self::Blocked), on connection number `epoch`.
    #[must_use]
    pub fn blocked(epoch: u64, reason: impl Into<Arc<str>>) -> Self {
        Self::Blocked { epoch, reason: reason.into() }
    }

    /// [`Closed`](Self::Closed), for this reason.
    #[must_use]
    pub fn closed(reason: impl Into<Arc<str>>) -> Self {
        Self::Closed { reason: reason.into() }
    }

    /// Whether messages can be sent right now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Whether it has ended for good.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// The number of the connection there is.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        match self {
            Self::Ready { epoch } | Self::Blocked { epoch, .. } => Some(*epoch),
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
            Self::Ready { epoch } => write!(f, "ready, connection {epoch}"),
            Self::Blocked { epoch, reason } => {
                write!(f, "connection {epoch} is blocked by the broker: {reason}")
            }
            Self::Draining => f.write_str("draining"),
            Self::Closed { reason } => write!(f, "closed: {reason}"),
        }
    }
}

/// Follows a [`ConnectionState`].
///
/// States that follow each other faster than they are looked at may be missed; the last one never is. It keeps neither client nor
/// server alive.
#[derive(Clone, Debug)]
pub struct StateWatch(watch::Receiver<ConnectionState>);

impl StateWatch {
    pub fn of(states: &watch::Sender<ConnectionState>) -> Self {
        Self(states.subscribe())
    }

    /// The state as of now.
    #[must_use]
    pub fn current(&self) -> ConnectionState {
        self.0.borrow().clone()
    }

    /// The next state that was not seen through this watch; `None` when there will be none, because client or server are gone.
    pub async fn changed(&mut self) -> Option<ConnectionState> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().clone())
    }

    /// Waits until messages can be sent, for at most `patience`.
    ///
    /// # Errors
    /// The state at the end of that time, or at once the one it has closed with.
    pub async fn wait_ready(&mut self, patience: Duration) -> Result<(), NotReady> {
        let settled = self.0.wait_for(|state| state.is_ready() || state.is_closed());
        // The state that ended the wait: by now it may be another one.
        let settled = match tokio::time::timeout(patience, settled).await {
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
