//! How to reach the broker: shared by client and server.

mod credentials;
#[cfg(feature = "__rustls")]
mod tls;
mod uri;

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::Notify;

pub use credentials::Credentials;
pub(crate) use credentials::Secret;
#[cfg(feature = "__rustls")]
pub(crate) use tls::Pem;
#[cfg(feature = "__rustls")]
pub use tls::Tls;
pub(crate) use uri::BrokerUri;

/// Where the broker is and how to talk to it.
///
/// Anything that takes `impl Into<ConnectOptions>` takes a URI as well: `amqp://user:password@host:5672/vhost`, with
/// `guest:guest`, port 5672 and vhost `/` when left out. A `/` inside a vhost's name is written `%2f`. IPv6 hosts stand in
/// brackets. `?heartbeat=`, `?frame_max=`, `?channel_max=` and `?auth_mechanism=` are understood. `amqps://` speaks TLS, on port
/// 5671 when left out.
#[derive(Clone)]
#[must_use]
pub struct ConnectOptions {
    pub(crate) uris: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) heartbeat: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) handshake_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) wait_for_broker: Duration,
    pub(crate) give_up_after: Option<Duration>,
    pub(crate) credentials: Option<Credentials>,
    #[cfg(feature = "__rustls")]
    pub(crate) tls: Option<Tls>,
}

/// Longer than any program runs, and still a time that clocks can add.
pub(crate) const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What is done with messages that come in: decided by who connects, not by its user.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Larger bodies are left on the wire.
    pub max_body_bytes: usize,
    /// Notified of every message that the broker returns.
    pub on_return: Arc<Notify>,
}

impl ConnectOptions {
    /// The broker at `uri`. It is checked when connecting.
    pub fn new(uri: impl Into<String>) -> Self {
        Self::any_of([uri])
    }

    /// Any of several nodes of one cluster, each by its own URI. They are tried in random order until one lets us in; each but
    /// the last has its share of the [`timeout`](Self::timeout). A node that refuses user or vhost ends the attempt: the others
    /// would refuse as well. All URIs are checked when connecting, before any node is tried.
    ///
    /// ```
    /// # extern crate amqp_rpc_transport as amqp_rpc;
    /// use amqp_rpc::ConnectOptions;
    ///
    /// let options = ConnectOptions::any_of([
    ///     "amqp://orders:secret@rabbit-1/shop",
    ///     "amqp://orders:secret@rabbit-2/shop",
    ///     "amqp://orders:secret@[2001:db8::3]:5673/shop",
    /// ]);
    /// # let _ = options;
    /// ```
    pub fn any_of(uris: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            uris: uris.into_iter().map(Into::into).collect(),
            name: None,
            heartbeat: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            handshake_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            wait_for_broker: Duration::ZERO,
            give_up_after: None,
            credentials: None,
            #[cfg(feature = "__rustls")]
            tls: None,
        }
    }

    /// Who logs in, instead of the user and password of the URIs, with a password that may change while connections live.
    pub fn credentials(mut self, credentials: &Credentials) -> Self {
        self.credentials = Some(credentials.clone());
        self
    }

    /// Whom to trust and as whom to appear, at nodes that are all given as `amqps://`. Default: [`Tls::new`].
    #[cfg(feature = "__rustls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
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

    /// How long one node may take to accept the connection, its name's lookup included. Default 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one node may take from there until it has let us in. Default 10 s.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// How long one attempt of `connect` and `start`, and each attempt to connect again, may take in all: every node that is tried,
    /// and everything that is prepared. Default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long `connect` and `start` try again while no broker can be reached, with growing pauses: for programs that start together
    /// with their broker. The last attempt may end up to [`timeout`](Self::timeout) later. A refused login or virtual host is returned
    /// at once. Default: they try once.
    pub fn wait_for_broker(mut self, patience: Duration) -> Self {
        self.wait_for_broker = patience;
        self
    }

    /// How long a lost connection is tried to be made again before client or server end for good. With `Duration::ZERO` one attempt
    /// is made. Default: without limit, with random pauses that grow from 100 ms to 30 s.
    pub fn give_up_after(mut self, patience: Duration) -> Self {
        self.give_up_after = Some(patience);
        self
    }

    /// Whether the broker is to read the user's name from a certificate, whatever the URI says.
    pub(crate) fn logs_in_by_certificate(&self) -> bool {
        #[cfg(feature = "__rustls")]
        return self.tls.as_ref().is_some_and(Tls::is_external);
        #[cfg(not(feature = "__rustls"))]
        return false;
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

// URIs hold passwords.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("nodes", &self.uris.len())
            .field("name", &self.name)
            .field("heartbeat", &self.heartbeat)
            .field("connect_timeout", &self.connect_timeout)
            .field("handshake_timeout", &self.handshake_timeout)
            .field("timeout", &self.timeout)
            .field("wait_for_broker", &self.wait_for_broker)
            .field("give_up_after", &self.give_up_after)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
