//! Options for connecting to the broker, shared by clients and servers.

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

/// The address of the broker, and the options of connections to it.
///
/// Every parameter of type `impl Into<ConnectOptions>` also accepts a URI:
/// `amqp://user:password@host:5672/vhost`. The defaults are `guest:guest`, port 5672 and vhost `/`. A `/`
/// within the name of a vhost is written `%2f`, as in a user name or password; so are `?` as `%3f`, `#` as
/// `%23` and `%` as `%25`. IPv6 addresses are written in brackets. `amqps://` uses TLS, by default on port
/// 5671.
///
/// These query parameters are supported: `heartbeat` in seconds, `frame_max` in bytes (16 MiB at most), `channel_max`,
/// `auth_mechanism`, and `connection_timeout` in milliseconds, which takes precedence over
/// [`connect_timeout`](Self::connect_timeout). Any other is an error, so that none is misspelt in silence;
/// RabbitMQ's parameters for TLS are those of [`Tls`].
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
    pub(crate) max_delay: Duration,
    pub(crate) give_up_after: Option<Duration>,
    pub(crate) credentials: Option<Credentials>,
    #[cfg(feature = "__rustls")]
    pub(crate) tls: Option<Tls>,
}

/// A practically infinite duration, which still can be added to an `Instant`.
pub(crate) const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The handling of inbound messages on a connection. The client or server sets it, not the user.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// The maximum size of a body. Larger bodies are discarded as they arrive.
    pub max_body_bytes: usize,
    /// Notified of every message that the broker returns.
    pub on_return: Arc<Notify>,
}

impl ConnectOptions {
    /// Options for the broker at `uri`. The URI is checked when connecting.
    pub fn new(uri: impl Into<String>) -> Self {
        Self::any_of([uri])
    }

    /// Options for several nodes of one cluster, each with its own URI.
    ///
    /// The nodes are tried in random order until one accepts the connection. Each node has its share of the
    /// remaining [`timeout`](Self::timeout); the last has all of it. A node that refuses the user or the
    /// vhost ends the attempt, because the other nodes would refuse them as well. All URIs are checked before
    /// the first node is tried.
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
            max_delay: Duration::from_secs(4),
            give_up_after: None,
            credentials: None,
            #[cfg(feature = "__rustls")]
            tls: None,
        }
    }

    /// Sets the user and the password, in place of those in the URIs. The password may be changed while
    /// connections are open.
    pub fn credentials(mut self, credentials: &Credentials) -> Self {
        self.credentials = Some(credentials.clone());
        self
    }

    /// Sets the TLS options. All nodes must have `amqps://` URIs. Default: [`Tls::new`].
    #[cfg(feature = "__rustls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets the name of the connection in the broker's lists and logs. Default: name and process id of the
    /// program.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the heartbeat interval. A dead peer is noticed after about twice the interval. Default: 10 s.
    ///
    /// The interval is in whole seconds, at least one. The URI's `?heartbeat=` takes precedence. Its value
    /// `0` disables heartbeats: then a dead peer is not noticed, and calls without a timeout may wait without
    /// limit.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// Limits the time in which a node must accept the TCP connection, name resolution included. Default: 5
    /// s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits the time of the TLS and AMQP handshakes with a node, login included. Default: 10 s.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Limits the time of one attempt to connect or reconnect: all nodes that are tried, and the preparation
    /// of the connection. Default: 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets for how long `connect` and `start` repeat attempts while no broker can be reached, or the broker
    /// refuses for a reason that passes: a limit on connections or queues is reached, a node or a virtual host
    /// is down. The delays grow. It is meant for programs that start together with their broker, and for
    /// restarts at a limit. Default: one attempt.
    ///
    /// The last attempt may end up to [`timeout`](Self::timeout) later. A refused login, a missing virtual host
    /// and whatever else needs a change are returned without another attempt.
    pub fn wait_for_broker(mut self, limit: Duration) -> Self {
        self.wait_for_broker = limit;
        self
    }

    /// Limits the time of reconnecting after a connection was lost. When it ends, the client or server closes
    /// for good. `Duration::ZERO` means one attempt. Default: no limit.
    ///
    /// Each delay is random, up to a bound that grows from 100 ms to [`max_delay`](Self::max_delay).
    pub fn give_up_after(mut self, limit: Duration) -> Self {
        self.give_up_after = Some(limit);
        self
    }

    /// Sets the longest delay between two attempts to connect or reconnect, at least 10 ms. Default: 4 s.
    ///
    /// A client is back that long after its broker at the latest, and of many clients most are back in a third
    /// of it. At a broker that accepts connections but does not finish them, because it has more attempts than
    /// it can serve, delays grow up to eight times as long.
    pub fn max_delay(mut self, limit: Duration) -> Self {
        self.max_delay = limit;
        self
    }

    /// The name of the connection in the broker's lists: by default program and process id.
    pub(crate) fn connection_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let program = std::env::current_exe().ok();
        let program = program
            .as_deref()
            .and_then(|path| path.file_name())
            .map_or("amqp-rpc".into(), |name| name.to_string_lossy());
        format!("{program} (pid {})", std::process::id())
    }

    /// Returns whether the TLS options ask for a login by client certificate. The URI may ask for it as well.
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

// Shows no URIs: they hold passwords.
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
            .field("max_delay", &self.max_delay)
            .field("give_up_after", &self.give_up_after)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
