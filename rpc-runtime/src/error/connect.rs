//! Why no connection came about, and what to do about it.

use std::time::Duration;

use crate::error::BrokerError;

/// Connecting to the broker failed. No variant holds or prints a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URI cannot be used; the text says why.
    #[error("broker URI: {0}; write it like amqp://user:password@host:5672/vhost")]
    InvalidUri(String),
    /// The URI asks for TLS, which this build cannot speak. Never falls back to plain text.
    #[error(
        "amqps:// needs TLS, which this build does not have; use amqp:// only where the network itself is trusted"
    )]
    TlsUnavailable,
    /// Nothing answers at the address.
    #[error("no broker listens at {endpoint}; start RabbitMQ there, or check host and port")]
    Unreachable {
        /// Host and port.
        endpoint: String,
        /// What the operating system said.
        source: BrokerError,
    },
    /// Something accepted the connection, but handshake and preparations did not finish in time.
    #[error(
        "the broker at {endpoint} was not ready within {after:?}; is it an AMQP 0-9-1 listener without TLS?"
    )]
    Timeout {
        /// Host and port.
        endpoint: String,
        /// How long was waited.
        after: Duration,
    },
    /// The broker does not accept user and password.
    #[error(
        "the broker at {endpoint} refused the login of user `{user}`; check name and password (`guest` may only log in from localhost)"
    )]
    LoginRefused {
        /// Host and port.
        endpoint: String,
        /// The user's name.
        user: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// The virtual host does not exist, or the user may not enter it.
    #[error(
        "virtual host `{vhost}` does not exist or user `{user}` may not enter it; create it (`rabbitmqctl add_vhost`) and set permissions, or correct the URI's path (`/` is written %2f)"
    )]
    VhostRefused {
        /// The virtual host's name.
        vhost: String,
        /// The user's name.
        user: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// The connection stands, but the broker refused what a client needs: its channel or its reply queue.
    #[error("the broker refused the {what}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// What the broker said.
        source: BrokerError,
    },
    /// An option has a value that cannot work; the text names it.
    #[error("{0}")]
    InvalidOption(String),
    /// Any other failure of the connection.
    #[error("connection to {endpoint} broke during the handshake")]
    Broken {
        /// Host and port.
        endpoint: String,
        /// What happened.
        source: BrokerError,
    },
}

impl ConnectError {
    /// Whether another attempt may succeed without anybody changing anything: nobody was reached, or what was begun broke off.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. } | Self::Broken { .. })
    }
}
