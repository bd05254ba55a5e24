//! Connecting: several nodes in turn, bounded in time, with errors that say what to do.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_rs::Runtime;
use lapin::{AsyncTcpStream, ConnectionProperties, Error, ErrorKind};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    ConnectOptions, Connection, Inbound,
    guard::{Findings, Inspector},
    lifeline::{CutOnDrop, Lifeline},
    tcp,
    transport::{Kit, Transport},
    uri::BrokerUri,
};
use crate::error::{BrokerError, ConnectError};

/// Connects, and has `prepare` make of the connection what is needed, all within the options' timeout.
///
/// Dropping the future, or its timeout, abandons the attempt: its socket is shut and lapin's thread for it ends.
pub(crate) async fn connect<T, E, F, P>(
    options: &ConnectOptions,
    inbound: &Inbound,
    prepare: F,
) -> Result<T, E>
where
    E: From<ConnectError>,
    F: FnOnce(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let mut nodes = Vec::new();
    for uri in &options.uris {
        nodes.push(BrokerUri::parse(uri)?);
    }
    // So that the clients of a node that went away do not all go to the same next one.
    nodes.sort_by_cached_key(|_| Uuid::new_v4());
    let endpoints = nodes.iter().map(BrokerUri::endpoint).collect::<Vec<_>>().join(", ");
    let prepared = async { prepare(dial_any(options, inbound, &nodes).await?).await };
    match timeout(options.timeout, prepared).await {
        Ok(prepared) => prepared,
        Err(_) => Err(ConnectError::Timeout { endpoint: endpoints, after: options.timeout }.into()),
    }
}

/// The first node that lets us in. Each but the last has only its share of the time.
async fn dial_any(
    options: &ConnectOptions,
    inbound: &Inbound,
    nodes: &[BrokerUri],
) -> Result<Connection, ConnectError> {
    let until = Instant::now() + options.timeout.min(Duration::from_secs(24 * 60 * 60));
    let mut last = ConnectError::InvalidOption("there is no broker URI".into());
    for (tried, node) in nodes.iter().enumerate() {
        let patience = tcp::share(until, nodes.len() - tried);
        match dial(options, inbound, node, patience).await {
            // The last of them lasts as long as the whole attempt, whose own bound then says so.
            Err(
                error @ (ConnectError::Unreachable { .. }
                | ConnectError::Timeout { .. }
                | ConnectError::Broken { .. }),
            ) => {
                if tried + 1 < nodes.len() {
                    tracing::debug!(%error, "the next node is tried");
                }
                last = error;
            }
            settled => return settled,
        }
    }
    Err(last)
}

async fn dial(
    options: &ConnectOptions,
    inbound: &Inbound,
    uri: &BrokerUri,
    patience: Duration,
) -> Result<Connection, ConnectError> {
    let started = Instant::now();
    let authority = &uri.0.authority;
    let socket = tcp::connect(&authority.host, authority.port, patience.min(options.connect_timeout))
        .await
        .map_err(|error| explain(error.into(), uri))?;

    let mut address = uri.0.clone();
    // Always stated: the broker's own default notices a dead peer only after minutes.
    let heartbeat = u16::try_from(options.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    address.query.heartbeat.get_or_insert(heartbeat);
    let name = options.name.clone().unwrap_or_else(default_name);
    let properties = ConnectionProperties::default().with_connection_name(name.into());

    let findings = Arc::new(Findings::new(Arc::clone(&inbound.on_return)));
    let frame_max = address.query.frame_max.unwrap_or_default();
    let inspector = Inspector::new(Arc::clone(&findings), inbound.max_body_bytes, frame_max);
    let lifeline = Arc::new(Lifeline::default());
    let transport = Mutex::new(Some(Transport::new(socket, inspector, Arc::clone(&lifeline))));
    // Asked once: lapin's own recovery is off.
    let hand_over = async move |_, _| {
        let transport = transport.lock().unwrap_or_else(PoisonError::into_inner).take();
        transport
            .map(AsyncTcpStream::Plain)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    };
    let handshake =
        lapin::Connection::connector(address, Runtime::new(Kit::current()), hand_over, properties);
    let patience = patience.saturating_sub(started.elapsed()).min(options.handshake_timeout);
    let abandoned = CutOnDrop(Some(&lifeline));
    match timeout(patience, handshake).await {
        Ok(Ok(connection)) => {
            abandoned.disarm();
            let options = (options.clone(), inbound.clone());
            Ok(Connection::new(connection, Arc::clone(&lifeline), findings, options, uri.user()))
        }
        Ok(Err(error)) => Err(explain(error, uri)),
        Err(_) => Err(ConnectError::Timeout { endpoint: uri.endpoint(), after: started.elapsed() }),
    }
}

fn explain(error: Error, uri: &BrokerUri) -> ConnectError {
    const ACCESS_REFUSED: u16 = 403;
    const NOT_ALLOWED: u16 = 530;
    let endpoint = uri.endpoint();
    let user = uri.user().to_owned();
    // Whatever else the operating system says, name resolution included, means that nobody was reached.
    let broke_off = match error.kind() {
        ErrorKind::IOError(io) => matches!(
            io.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::InvalidData
        ),
        _ => true,
    };
    let source = BrokerError::from(error);
    match source.code() {
        Some(ACCESS_REFUSED) => ConnectError::LoginRefused { endpoint, user, source },
        Some(NOT_ALLOWED) => ConnectError::VhostRefused { vhost: uri.vhost().to_owned(), user, source },
        _ if broke_off => ConnectError::Broken { endpoint, source },
        _ => ConnectError::Unreachable { endpoint, source },
    }
}

fn default_name() -> String {
    let program = std::env::current_exe().ok();
    let program = program
        .as_deref()
        .and_then(|path| path.file_name())
        .map_or("amqp-rpc".into(), |name| name.to_string_lossy());
    format!("{program} (pid {})", std::process::id())
}
