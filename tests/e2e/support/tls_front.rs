//! TLS in front of a broker that has none: takes it off and passes on what was in it.

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
    /// Connections whose client has said goodbye as TLS does.
    goodbyes: watch::Sender<usize>,
}

impl TlsFront {
    /// Stands before the broker of `uri`.
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

    /// The broker's address by way of this, at this name of the loopback.
    pub(crate) fn uri_at(&self, host: &str) -> String {
        let authority = format!("{host}:{}", self.port);
        self.uri.replacen("amqp://", "amqps://", 1).replacen("{}", &authority, 1)
    }

    pub(crate) fn uri(&self) -> String {
        self.uri_at("localhost")
    }

    /// The same, said to be without TLS.
    pub(crate) fn plain_uri(&self) -> String {
        self.uri().replacen("amqps://", "amqp://", 1)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.seen.accepted.load(Ordering::SeqCst)
    }

    /// Waits until so many clients have said goodbye as TLS does.
    pub(crate) async fn until_goodbyes(&self, count: usize) {
        let _ = self.seen.goodbyes.subscribe().wait_for(|goodbyes| *goodbyes >= count).await;
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
        // A close with something unread would be a reset, and take with it what the client was told.
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
        // An end without a goodbye is an error here.
        while read_some(&mut from_client, &mut bytes).await? > 0 {
            write_all(&mut to_broker, &bytes).await?;
            bytes.clear();
        }
        seen.goodbyes.send_modify(|goodbyes| *goodbyes += 1);
        shutdown(&mut to_broker).await
    };
    let down = async {
        let mut bytes = Vec::new();
        while read_some(&mut from_broker, &mut bytes).await? > 0 {
            write_all(&mut to_client, &bytes).await?;
            // What is written is only encrypted until then.
            poll_fn(|cx| Pin::new(&mut to_client).poll_flush(cx)).await?;
            bytes.clear();
        }
        shutdown(&mut to_client).await
    };
    tokio::try_join!(up, down).map(|_| ())
}
