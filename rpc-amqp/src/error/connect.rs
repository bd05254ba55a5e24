//! The error of connecting, with texts that say what to do.

use std::time::Duration;

use super::{BrokerError, CannotBlock, CertificateProblem};

/// Connecting to the broker failed. No variant holds or prints a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URI cannot be used; the text says why.
    #[error("broker URI: {0}; write it like amqp://user:password@host:5672/vhost")]
    InvalidUri(String),
    /// The URI asks for TLS, which this build does not support. The connection never falls back to plain
    /// text.
    #[error(
        "amqps:// needs TLS, which this build does not have; switch on the feature `tls` or `tls-aws-lc`, or use amqp:// where the network itself is trusted"
    )]
    TlsUnavailable,
    /// The client does not accept the broker's certificate.
    #[error("the certificate of the broker at {endpoint} is refused: {problem}")]
    CertificateRefused {
        /// Host and port.
        endpoint: String,
        /// The reason.
        problem: CertificateProblem,
    },
    /// The broker requires a client certificate, and none was given, or it does not accept the given one.
    #[error(
        "the broker at {endpoint} does not accept our client certificate; give one that its certificate authority has issued and that has not expired (`Tls::client_certificate_files`): {source}"
    )]
    ClientCertificateRefused {
        /// Host and port.
        endpoint: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The broker refused the login by client certificate (SASL `EXTERNAL`).
    #[error(
        "the broker at {endpoint} refused the login by client certificate; configure a client certificate, and check that a user has its common name, that RabbitMQ's plugin rabbitmq_auth_mechanism_ssl is enabled and that its auth_mechanisms list EXTERNAL: {source}"
    )]
    ExternalLoginRefused {
        /// Host and port.
        endpoint: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The server at the address does not speak TLS. The connection never falls back to plain text.
    #[error(
        "the server at {endpoint} does not speak TLS; check the port (5671 by default), or use amqp:// where the network itself is trusted"
    )]
    NotTls {
        /// Host and port.
        endpoint: String,
    },
    /// The server at the address speaks TLS, and the URI says `amqp://`.
    #[error("the server at {endpoint} speaks TLS; use amqps://, or check the port (5672 by default)")]
    TlsExpected {
        /// Host and port.
        endpoint: String,
    },
    /// The TLS handshake failed for any other reason.
    #[error(
        "the TLS handshake with {endpoint} failed; check the broker's log, its TLS versions (1.2 and 1.3 are supported here) and whether it requires a client certificate: {source}"
    )]
    TlsHandshake {
        /// Host and port.
        endpoint: String,
        /// The error.
        source: BrokerError,
    },
    /// No connection to the address could be made, or the host's name could not be resolved.
    #[error("no broker listens at {endpoint}; start RabbitMQ there, or check host and port: {source}")]
    Unreachable {
        /// Host and port.
        endpoint: String,
        /// The error of the operating system.
        source: BrokerError,
    },
    /// A server accepted the connection, but the handshake did not finish in time.
    #[error(
        "the broker at {endpoint} was not ready within {after:?}; is it an AMQP 0-9-1 listener, and does it speak TLS if and only if the URI begins with amqps://?"
    )]
    Timeout {
        /// Host and port.
        endpoint: String,
        /// The time until the attempt was stopped.
        after: Duration,
    },
    /// The connection is open, but the broker did not answer everything that is needed before work can
    /// begin within [`ConnectOptions::timeout`](crate::ConnectOptions::timeout).
    #[error(
        "connected to the broker at {endpoint}, but after {after:?} it still has to {waits_for}; if the broker is slow or far away, give it more time (`ConnectOptions::timeout`)"
    )]
    PreparationTimeout {
        /// Host and port; with several nodes, of all of them.
        endpoint: String,
        /// The time until the attempt was stopped.
        after: Duration,
        /// What was being waited for, such as ``bind queue `fib` (13 of 60 declarations are made)``.
        waits_for: String,
    },
    /// The broker does not accept user and password.
    #[error(
        "the broker at {endpoint} refused the login of user `{user}`; check name and password (`guest` may only log in from localhost): {source}"
    )]
    LoginRefused {
        /// Host and port.
        endpoint: String,
        /// The user's name.
        user: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The virtual host does not exist, or the user may not enter it.
    #[error(
        "virtual host `{vhost}` does not exist or user `{user}` may not enter it; create it (`rabbitmqctl add_vhost`) and set permissions, or correct the URI's path (`/` is written %2f): {source}"
    )]
    VhostRefused {
        /// The virtual host's name.
        vhost: String,
        /// The user's name.
        user: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The virtual host does not work at the moment, or it is not known whether the user may enter it.
    #[error(
        "virtual host `{vhost}` is down at {endpoint}; wait until it has started, or see the broker's log: {source}"
    )]
    VhostUnavailable {
        /// The virtual host's name.
        vhost: String,
        /// Host and port.
        endpoint: String,
        /// The broker's error.
        source: BrokerError,
    },
    /// The user, the virtual host or the node has as many connections as it may have.
    #[error(
        "the broker at {endpoint} takes no further connection, because a limit is reached; wait until another one has ended (`ConnectOptions::wait_for_broker` does), or raise the limit (`rabbitmqctl set_user_limits`, `set_vhost_limits`): {source}"
    )]
    LimitReached {
        /// Host and port.
        endpoint: String,
        /// The broker's error, which names the limit.
        source: BrokerError,
    },
    /// The broker refused what a client needs: its channel or its reply queue; or the connection, for what was
    /// negotiated.
    #[error("the broker refused the {what}: {source}")]
    Refused {
        /// The refused object.
        what: &'static str,
        /// The broker's error.
        source: BrokerError,
    },
    /// An option has an invalid value; the text names it.
    #[error("{0}")]
    InvalidOption(String),
    /// A `blocking::Client` cannot be connected on this thread.
    #[error(transparent)]
    CannotBlock(CannotBlock),
    /// The thread of a `blocking::Client` could not be started.
    #[error("the thread of the blocking client cannot be started: {0}")]
    NoThread(#[source] std::io::Error),
    /// Any other failure of the connection.
    #[error("the connection to {endpoint} broke during the handshake: {source}")]
    Broken {
        /// Host and port.
        endpoint: String,
        /// The error.
        source: BrokerError,
    },
}

impl ConnectError {
    /// Returns whether another attempt may succeed without any change: the broker was not reached, the
    /// connection broke, or the broker refused it for a reason that passes, such as a limit or a full disk.
    pub fn is_passing(&self) -> bool {
        if let Self::Refused { source, .. } = self {
            return source.reason().is_passing();
        }
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::LimitReached { .. }
                | Self::VhostUnavailable { .. }
                | Self::Timeout { .. }
                | Self::PreparationTimeout { .. }
                | Self::Broken { .. }
                | Self::TlsHandshake { .. }
        )
    }

    /// Returns whether the broker refused what a client needs because it is low on disk.
    #[must_use]
    pub fn is_low_on_disk(&self) -> bool {
        matches!(self, Self::Refused { source, .. } if source.is_low_on_disk())
    }
}
