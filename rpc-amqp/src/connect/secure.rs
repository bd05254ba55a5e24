//! Prepares TLS for one attempt to connect, and secures the sockets of its nodes.

use tokio::net::TcpStream;

#[cfg(feature = "__rustls")]
use crate::transport::{own_thread::on_own_thread, socket::Encrypted, tls};
use crate::{
    error::ConnectError,
    options::{BrokerUri, ConnectOptions},
    transport::socket::Socket,
};

/// The TLS client of one attempt to connect, prepared once for all nodes, before any connection is made.
pub(crate) struct Security {
    #[cfg(feature = "__rustls")]
    tls: Option<tls::Client>,
}

#[cfg(feature = "__rustls")]
impl Security {
    /// Reads certificates and keys, if any node uses TLS.
    ///
    /// # Errors
    /// `InvalidOption` for invalid TLS options, and for TLS options with a node whose URI says `amqp://`.
    pub(crate) async fn prepare(options: &ConnectOptions, nodes: &[BrokerUri]) -> Result<Self, ConnectError> {
        if options.tls.is_some()
            && let Some(plain) = nodes.iter().find(|node| !node.is_tls())
        {
            return Err(ConnectError::InvalidOption(format!(
                "TLS options are set, but the URI of {} says amqp://, which does not use TLS; write amqps://",
                plain.endpoint()
            )));
        }
        if !nodes.iter().any(BrokerUri::is_tls) {
            return Ok(Self { tls: None });
        }
        let tls = options.tls.clone().unwrap_or_default();
        let prepared = on_own_thread(move || tls::Client::prepare(&tls)).await;
        let client = prepared
            .map_err(|error| ConnectError::InvalidOption(format!("TLS could not be prepared: {error}")))??;
        for node in nodes.iter().filter(|node| node.is_tls()) {
            client.expected_name(node)?;
        }
        Ok(Self { tls: Some(client) })
    }

    /// Performs the TLS handshake if the node's URI says `amqps://`.
    ///
    /// # Errors
    /// Those of the handshake.
    pub(crate) async fn secure(&self, socket: TcpStream, node: &BrokerUri) -> Result<Socket, ConnectError> {
        match &self.tls {
            Some(client) if node.is_tls() => {
                Ok(Socket::Tls(Encrypted::new(client.handshake(socket, node).await?)))
            }
            // `prepare` has made a client if any node uses TLS.
            _ => Ok(Socket::plain(socket)),
        }
    }
}

#[cfg(not(feature = "__rustls"))]
impl Security {
    pub(crate) async fn prepare(_: &ConnectOptions, nodes: &[BrokerUri]) -> Result<Self, ConnectError> {
        // Parsing has already refused such a URI. Checked again, because a password would be sent in plain
        // text.
        if nodes.iter().any(BrokerUri::is_tls) {
            return Err(ConnectError::TlsUnavailable);
        }
        Ok(Self {})
    }

    pub(crate) async fn secure(&self, socket: TcpStream, _: &BrokerUri) -> Result<Socket, ConnectError> {
        Ok(Socket::plain(socket))
    }
}
