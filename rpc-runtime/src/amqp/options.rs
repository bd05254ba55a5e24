//! How to reach the broker: shared by client and server.

use std::{fmt, time::Duration};

/// Where the broker is and how to talk to it.
///
/// Anything that takes `impl Into<ConnectOptions>` takes a URI as well: `amqp://user:password@host:5672/vhost`, with
/// `guest:guest`, port 5672 and vhost `/` when left out. A `/` inside a vhost's name is written `%2f`. IPv6 hosts stand in
/// brackets. `?heartbeat=`, `?frame_max=`, `?channel_max=` and `?auth_mechanism=` are understood.
#[derive(Clone)]
#[must_use]
pub struct ConnectOptions {
    pub(crate) uri: String,
    pub(crate) name: Option<String>,
    pub(crate) heartbeat: Duration,
    pub(crate) timeout: Duration,
}

impl ConnectOptions {
    /// The broker at `uri`. It is checked when connecting.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: None,
            heartbeat: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
        }
    }

    /// The connection's name in the broker's lists and logs. Default: name and process id of the program.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How often both sides show that they live; a dead peer is noticed after about twice that. Default 10 s, whole
    /// seconds, at least one. The URI's `?heartbeat=` wins; `0` there means never noticing, so that calls without a timeout may
    /// wait for ever.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// How long `connect` and `start` may take, with everything they prepare. Default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl From<&str> for ConnectOptions {
    fn from(uri: &str) -> Self {
        Self::new(uri)
    }
}

impl From<String> for ConnectOptions {
    fn from(uri: String) -> Self {
        Self::new(uri)
    }
}

impl From<&String> for ConnectOptions {
    fn from(uri: &String) -> Self {
        Self::new(uri)
    }
}

// The URI holds a password.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("name", &self.name)
            .field("heartbeat", &self.heartbeat)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
