//! Whether and how the nodes of one attempt are spoken to in TLS.

use tokio::net::TcpStream;

#[cfg(feature = "__rustls")]
use crate::transport::{socket::Encrypted, tls};
use crate::{
    error::ConnectError,
    options::{BrokerUri, ConnectOptions},
    transport::socket::Socket,
};

/// Prepared once for all nodes, before any of them is dialled.
pub(crate) struct Security {
    #[cfg(feature = "__rustls")]
    tls: Option<tls::Client>,
}

#[cfg(feature = "__rustls")]
impl Security {
    /// # Errors
    /// `InvalidOption` for TLS that cannot work, and for TLS that a node is not to use: never left out silently.
    pub(crate) async fn prepare(options: &ConnectOptions, nodes: &[BrokerUri]) -> Result<Self, ConnectError> {
        if options.tls.is_some()
            && let Some(plain) = nodes.iter().find(|node| !node.is_tls())
        {
            return Err(ConnectError::InvalidOption(format!(
                "TLS is set up, but the URI of {} says amqp://, which would not use it; write amqps://",
                plain.endpoint()
            )));
        }
        if !nodes.iter().any(BrokerUri::is_tls) {
            return Ok(Self { tls: None });
        }
        let tls = options.tls.clone().unwrap_or_default();
        let reading = tokio::task::spawn_blocking(move || tls::Client::prepare(&tls));
        let client = reading.await.map_err(|_| {
            // The runtime is shutting down, or the system's store has a surprise.
            ConnectError::InvalidOption("TLS could not be prepared".into())
        })??;
        for node in nodes.iter().filter(|node| node.is_tls()) {
            client.expected_name(node)?;
        }
        Ok(Self { tls: Some(client) })
    }

    /// Shakes hands where the node's URI says so.
    pub(crate) async fn secure(&self, socket: TcpStream, node: &BrokerUri) -> Result<Socket, ConnectError> {
        match &self.tls {
            Some(client) if node.is_tls() => {
                Ok(Socket::Tls(Encrypted::new(client.handshake(socket, node).await?)))
            }
            // Without TLS prepared there is no node that wants it.
            _ => Ok(Socket::plain(socket)),
        }
    }
}

#[cfg(not(feature = "__rustls"))]
impl Security {
    pub(crate) async fn prepare(_: &ConnectOptions, nodes: &[BrokerUri]) -> Result<Self, ConnectError> {
        // Such a URI is not even parsed; but a password in clear is worth asking twice.
        if nodes.iter().any(BrokerUri::is_tls) {
            return Err(ConnectError::TlsUnavailable);
        }
        Ok(Self {})
    }

    pub(crate) async fn secure(&self, socket: TcpStream, _: &BrokerUri) -> Result<Socket, ConnectError> {
        Ok(Socket::plain(socket))
    }
}
