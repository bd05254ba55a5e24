//! Why no connection came about, and what to do about it.

use std::time::Duration;

use crate::error::{BrokerError, CannotBlock, CertificateProblem};

/// Connecting to the broker failed. No variant holds or prints a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URI cannot be used; the text says why.
    #[error("broker URI: {0}; write it like amqp://user:password@host:5672/vhost")]
    InvalidUri(String),
    /// The URI asks for TLS, which this build cannot speak. Never falls back to plain text.
    #[error(
        "amqps:// needs TLS, which this build does not have; switch on the feature `tls` or `tls-ring`, or use amqp:// where the network itself is trusted"
    )]
    TlsUnavailable,
    /// The certificate that the broker shows is not accepted.
    #[error("the certificate of the broker at {endpoint} is refused: {problem}")]
    CertificateRefused {
        /// Host and port.
        endpoint: String,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// The broker wants a client certificate, and none was given or it does not accept this one.
    #[error(
        "the broker at {endpoint} does not accept our client certificate; give one that its certificate authority has issued and that has not expired (`Tls::client_certificate_files`)"
    )]
    ClientCertificateRefused {
        /// Host and port.
        endpoint: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// The broker does not accept a login by client certificate, as this one or at all.
    #[error(
        "the broker at {endpoint} refused the login by client certificate; show one, and check that a user has its name, that RabbitMQ's plugin rabbitmq_auth_mechanism_ssl is enabled and that its auth_mechanisms list EXTERNAL"
    )]
    ExternalLoginRefused {
        /// Host and port.
        endpoint: String,
        /// What the broker said.
        source: BrokerError,
    },
    /// What listens there does not speak TLS. Never falls back to plain text.
    #[error(
        "what listens at {endpoint} does not speak TLS; check the port (5671 by custom), or use amqp:// where the network itself is trusted"
    )]
    NotTls {
        /// Host and port.
        endpoint: String,
    },
    /// What listens there speaks TLS, and the URI says `amqp://`.
    #[error("what listens at {endpoint} speaks TLS; use amqps://, or check the port (5672 by custom)")]
    TlsExpected {
        /// Host and port.
        endpoint: String,
    },
    /// The TLS handshake came to nothing for any other reason.
    #[error(
        "the TLS handshake with {endpoint} failed; check the broker's log, its TLS versions (1.2 and 1.3 are spoken here) and whether it wants a client certificate"
    )]
    TlsHandshake {
        /// Host and port.
        endpoint: String,
        /// What happened.
        source: BrokerError,
    },
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
        "the broker at {endpoint} was not ready within {after:?}; is it an AMQP 0-9-1 listener, with TLS just where the URI says amqps://?"
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
    /// A [`blocking::Client`](crate::blocking::Client) was to be connected where a thread must not wait.
    #[error(transparent)]
    CannotBlock(CannotBlock),
    /// The thread of a [`blocking::Client`](crate::blocking::Client) could not be started.
    #[error("the thread of the blocking client cannot be started")]
    NoThread(#[source] std::io::Error),
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
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Broken { .. } | Self::TlsHandshake { .. }
        )
    }
}
