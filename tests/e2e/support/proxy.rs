//! A TCP proxy in front of the broker: breaks connections as networks do, and records their traffic.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{
    bytes::{read_some, shutdown, write_all},
    frames::{Said, longest_frame, methods, replies_and_acks},
    uri::BrokerUri,
};

/// Listens on a free port of the loopback and forwards everything until the test cuts, refuses or stalls.
#[derive(Debug)]
pub(crate) struct Proxy {
    uri: String,
    network: Arc<Network>,
    accepting: JoinHandle<()>,
}

/// The direction of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toward {
    Broker,
    Client,
}

/// The state that all connections share with the test.
#[derive(Debug)]
struct Network {
    /// Counts cuts: a connection lives only while the number is the one it began with.
    cuts: watch::Sender<u64>,
    stalled: watch::Sender<bool>,
    refusing: AtomicBool,
    conversations: Mutex<Vec<Conversation>>,
}

#[derive(Debug, Default)]
struct Conversation {
    to_broker: Vec<u8>,
    to_client: Vec<u8>,
    ended: bool,
}

impl Proxy {
    /// Starts a proxy in front of the broker of `uri`.
    pub(crate) async fn start(uri: &str) -> Self {
        let target = BrokerUri::parse(uri);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback has a free port");
        let address: SocketAddr = listener.local_addr().expect("a listener has an address");
        let network = Arc::new(Network {
            cuts: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
            refusing: AtomicBool::new(false),
            conversations: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, target.authority().to_owned(), Arc::clone(&network)));
        Self { uri: target.with_authority(&address.to_string()).to_string(), network, accepting }
    }

    /// The broker's address through this proxy.
    pub(crate) fn uri(&self) -> String {
        self.uri.clone()
    }

    /// Host and port of this proxy.
    pub(crate) fn authority(&self) -> String {
        BrokerUri::parse(&self.uri).authority().to_owned()
    }

    /// Resets every connection, on both sides, without an AMQP close. New connections are let through.
    pub(crate) fn cut(&self) {
        self.network.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Resets every connection from now on, at once after it was accepted, or lets them through again.
    pub(crate) fn refuse(&self, refusing: bool) {
        self.network.refusing.store(refusing, Ordering::SeqCst);
    }

    /// Holds back all bytes in both directions while connections stay open (a half-open network), or releases
    /// them.
    pub(crate) fn stall(&self, stalled: bool) {
        self.network.stalled.send_replace(stalled);
    }

    /// The number of connections that were let through since the start.
    pub(crate) fn connections(&self) -> usize {
        self.network.conversations().len()
    }

    /// The number of connections that are open now.
    pub(crate) fn open_connections(&self) -> usize {
        self.network.conversations().iter().filter(|conversation| !conversation.ended).count()
    }

    /// The number of bytes in this direction, on all connections.
    pub(crate) fn bytes(&self, toward: Toward) -> usize {
        self.network.conversations().iter().map(|conversation| conversation.bytes(toward).len()).sum()
    }

    /// Whether these bytes were sent in this direction, on any connection.
    pub(crate) fn has_passed(&self, toward: Toward, bytes: &[u8]) -> bool {
        let conversations = self.network.conversations();
        let mut passed = conversations.iter().map(|conversation| conversation.bytes(toward));
        passed.any(|passed| passed.windows(bytes.len()).any(|window| window == bytes))
    }

    /// The AMQP methods in this direction (`basic.publish`, `queue.declare` …), connection after connection,
    /// in order.
    pub(crate) fn methods(&self, toward: Toward) -> Vec<String> {
        self.network
            .conversations()
            .iter()
            .flat_map(|conversation| methods(conversation.bytes(toward)))
            .collect()
    }

    /// The length of the longest frame in this direction, in bytes.
    pub(crate) fn longest_frame(&self, toward: Toward) -> usize {
        let conversations = self.network.conversations();
        conversations.iter().map(|conversation| longest_frame(conversation.bytes(toward))).max().unwrap_or(0)
    }

    /// Replies and acknowledgements of the server behind this proxy, in the order they were written.
    pub(crate) fn replies_and_acks(&self) -> Vec<Said> {
        self.network
            .conversations()
            .iter()
            .flat_map(|conversation| replies_and_acks(conversation.bytes(Toward::Broker)))
            .collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Ends the connections too: their tasks belong to the accepting one.
        self.accepting.abort();
    }
}

impl Network {
    fn conversations(&self) -> MutexGuard<'_, Vec<Conversation>> {
        self.conversations.lock().expect("no conversation panics while it is written down")
    }

    fn begin(&self) -> usize {
        let mut conversations = self.conversations();
        conversations.push(Conversation::default());
        conversations.len() - 1
    }
}

impl Conversation {
    fn bytes(&self, toward: Toward) -> &[u8] {
        match toward {
            Toward::Broker => &self.to_broker,
            Toward::Client => &self.to_client,
        }
    }

    fn write_down(&mut self, toward: Toward, bytes: &[u8]) {
        match toward {
            Toward::Broker => self.to_broker.extend_from_slice(bytes),
            Toward::Client => self.to_client.extend_from_slice(bytes),
        }
    }
}

async fn accept(listener: TcpListener, target: String, network: Arc<Network>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        if network.refusing.load(Ordering::SeqCst) {
            reset(&client);
            continue;
        }
        // Subscribed here and not in the task: a cut right after the accept counts.
        let cuts = network.cuts.subscribe();
        connections.spawn(connect(client, target.clone(), cuts, Arc::clone(&network)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(
    mut client: TcpStream,
    target: String,
    mut cuts: watch::Receiver<u64>,
    network: Arc<Network>,
) {
    let Ok(mut broker) = TcpStream::connect(target).await else { return reset(&client) };
    let _ = (client.set_nodelay(true), broker.set_nodelay(true));
    let conversation = network.begin();
    let cut = {
        let (from_client, to_client) = client.split();
        let (from_broker, to_broker) = broker.split();
        let both = async {
            tokio::join!(
                pass(from_client, to_broker, Toward::Broker, conversation, &network),
                pass(from_broker, to_client, Toward::Client, conversation, &network),
            )
        };
        tokio::select! {
            _ = both => false,
            _ = cuts.changed() => true,
        }
    };
    if cut {
        reset(&client);
        reset(&broker);
    }
    network.conversations()[conversation].ended = true;
}

/// Makes the coming drop of a socket a reset instead of an orderly end.
fn reset(socket: &TcpStream) {
    let _ = socket.set_zero_linger();
}

/// Forwards one direction until its end, and then the end.
async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    toward: Toward,
    conversation: usize,
    network: &Network,
) -> io::Result<()> {
    let mut stalled = network.stalled.subscribe();
    loop {
        let mut bytes = Vec::new();
        let length = read_some(&mut from, &mut bytes).await.unwrap_or(0);
        let _ = stalled.wait_for(|stalled| !stalled).await;
        if length == 0 {
            return shutdown(&mut to).await;
        }
        network.conversations()[conversation].write_down(toward, &bytes);
        write_all(&mut to, &bytes).await?;
    }
}
