//! TLS in front of a broker without TLS: terminates it and forwards the plain bytes.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::AsyncWrite,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{
    bytes::{read_some, shutdown, write_all},
    uri::BrokerUri,
};

/// Listens on a free port of the loopback.
#[derive(Debug)]
pub(crate) struct TlsFront {
    uri: String,
    port: u16,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    accepted: AtomicUsize,
    /// Connections whose client has sent the close alert of TLS.
    close_alerts: watch::Sender<usize>,
}

impl TlsFront {
    /// Starts TLS in front of the broker of `uri`.
    pub(crate) async fn start(uri: &str, config: Arc<ServerConfig>) -> Self {
        let target = BrokerUri::parse(uri);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback has a free port");
        let address: SocketAddr = listener.local_addr().expect("a listener has an address");
        let seen = Arc::<Seen>::default();
        let acceptor = TlsAcceptor::from(config);
        let accepting =
            tokio::spawn(accept(listener, acceptor, target.authority().to_owned(), Arc::clone(&seen)));
        Self { uri: target.with_authority("{}").to_string(), port: address.port(), seen, accepting }
    }

    /// The broker's address through this front, at this name of the loopback.
    pub(crate) fn uri_at(&self, host: &str) -> String {
        let authority = format!("{host}:{}", self.port);
        self.uri.replacen("amqp://", "amqps://", 1).replacen("{}", &authority, 1)
    }

    pub(crate) fn uri(&self) -> String {
        self.uri_at("localhost")
    }

    /// The same address with `amqp://`.
    pub(crate) fn plain_uri(&self) -> String {
        self.uri().replacen("amqps://", "amqp://", 1)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.seen.accepted.load(Ordering::SeqCst)
    }

    /// Waits until `count` clients have sent the close alert of TLS.
    pub(crate) async fn until_close_alerts(&self, count: usize) {
        let _ = self.seen.close_alerts.subscribe().wait_for(|close_alerts| *close_alerts >= count).await;
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        // Ends the connections too: their tasks belong to the accepting one.
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, target: String, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        seen.accepted.fetch_add(1, Ordering::SeqCst);
        connections.spawn(serve(client, acceptor.clone(), target.clone(), Arc::clone(&seen)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(client: TcpStream, acceptor: TlsAcceptor, target: String, seen: Arc<Seen>) -> io::Result<()> {
    let _ = client.set_nodelay(true);
    let client = match acceptor.accept(client).into_fallible().await {
        Ok(client) => client,
        // Closing a socket with unread bytes resets it, and the client could lose the alert.
        Err((_, mut refused)) => {
            while read_some(&mut refused, &mut Vec::new()).await? > 0 {}
            return Ok(());
        }
    };
    let mut broker = TcpStream::connect(target).await?;
    broker.set_nodelay(true)?;
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_broker, mut to_broker) = broker.split();
    let up = async {
        let mut bytes = Vec::new();
        // An end without a close alert is an error here.
        while read_some(&mut from_client, &mut bytes).await? > 0 {
            write_all(&mut to_broker, &bytes).await?;
            bytes.clear();
        }
        seen.close_alerts.send_modify(|close_alerts| *close_alerts += 1);
        shutdown(&mut to_broker).await
    };
    let down = async {
        let mut bytes = Vec::new();
        while read_some(&mut from_broker, &mut bytes).await? > 0 {
            write_all(&mut to_client, &bytes).await?;
            // Bytes are sent only when the stream is flushed.
            poll_fn(|cx| Pin::new(&mut to_client).poll_flush(cx)).await?;
            bytes.clear();
        }
        shutdown(&mut to_client).await
    };
    tokio::try_join!(up, down).map(|_| ())
}
