//! Makes one attempt to connect: tries the nodes in turn, within the time limit.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_rs::Runtime;
use lapin::{AsyncTcpStream, ConnectionProperties};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    explain::{explain, is_node_failure},
    login::Login,
    secure::Security,
    update_secret,
};
use crate::{
    connection::{Connection, Progress},
    error::ConnectError,
    options::{BrokerUri, ConnectOptions, Inbound},
    transport::{
        cutoff::{AbortOnDrop, Cutoff},
        driver::{Driver, Shared},
        inbound::{Findings, Parser},
        pipe::LapinStream,
        runtime::LapinRuntime,
        socket::Socket,
        tcp,
    },
};

/// Connects and runs `prepare` with the connection, both within the options' timeout.
///
/// When the future is dropped, or at its timeout, the attempt is cancelled: its socket is closed, and lapin's
/// thread for it ends.
///
/// # Errors
/// Those of connecting and of `prepare`; [`ConnectError::Timeout`] after the options' timeout.
pub async fn connect<T, E, F, P>(options: &ConnectOptions, inbound: &Inbound, prepare: F) -> Result<T, E>
where
    E: From<ConnectError>,
    F: FnOnce(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let mut nodes = Vec::new();
    for uri in &options.uris {
        nodes.push(BrokerUri::parse(uri)?);
    }
    // In random order, so that the clients of a failed node do not all connect to the same next one.
    nodes.sort_by_cached_key(|_| Uuid::new_v4());
    let endpoints = nodes.iter().map(BrokerUri::endpoint).collect::<Vec<_>>().join(", ");
    let progress = Progress::default();
    let prepared = async {
        let security = Security::prepare(options, &nodes).await?;
        prepare(dial_any(options, inbound, &nodes, &security, &progress).await?).await
    };
    let after = options.timeout;
    match timeout(after, prepared).await {
        Ok(prepared) => prepared,
        Err(_) => Err(match progress.step() {
            Some(waits_for) => ConnectError::PreparationTimeout { endpoint: endpoints, after, waits_for },
            None => ConnectError::Timeout { endpoint: endpoints, after },
        }
        .into()),
    }
}

/// Connects to the first node that accepts. Each node has its share of the remaining time; the last has all
/// of it.
async fn dial_any(
    options: &ConnectOptions,
    inbound: &Inbound,
    nodes: &[BrokerUri],
    security: &Security,
    progress: &Progress,
) -> Result<Connection, ConnectError> {
    let deadline = Instant::now() + options.timeout.min(Duration::from_secs(24 * 60 * 60));
    let mut last = ConnectError::InvalidOption("there is no broker URI".into());
    for (tried, node) in nodes.iter().enumerate() {
        let limit = tcp::share(deadline, nodes.len() - tried);
        match dial(options, inbound, node, security, limit, progress).await {
            // The last node's limit is that of the whole attempt, which then reports the timeout.
            Err(error) if is_node_failure(&error) => {
                if tried + 1 < nodes.len() {
                    tracing::debug!(%error, "connecting to a node failed, the next one is tried");
                }
                last = error;
            }
            settled => return settled,
        }
    }
    Err(last)
}

/// Connects to one node: TCP, TLS, then the AMQP handshake.
async fn dial(
    options: &ConnectOptions,
    inbound: &Inbound,
    node: &BrokerUri,
    security: &Security,
    limit: Duration,
    progress: &Progress,
) -> Result<Connection, ConnectError> {
    let started = Instant::now();
    let mut login = Login::new(node, options)?;
    let accept_limit = node.connect_timeout().unwrap_or(options.connect_timeout);
    let socket = tcp::connect(node.host(), node.port(), limit.min(accept_limit))
        .await
        .map_err(|error| explain(error.into(), node, &login))?;
    let limit = limit.saturating_sub(started.elapsed()).min(options.handshake_timeout);
    let handshake = async {
        let socket = security.secure(socket, node).await?;
        handshake(options, inbound, node, &mut login, socket, progress).await
    };
    match timeout(limit, handshake).await {
        Ok(settled) => settled,
        Err(_) => Err(ConnectError::Timeout { endpoint: node.endpoint(), after: started.elapsed() }),
    }
}

/// Performs the AMQP handshake, from the protocol header to the open virtual host.
async fn handshake(
    options: &ConnectOptions,
    inbound: &Inbound,
    node: &BrokerUri,
    login: &mut Login,
    socket: Socket,
    progress: &Progress,
) -> Result<Connection, ConnectError> {
    let mut address = node.address().clone();
    // Always set: with the broker's default, a dead peer is noticed only after minutes.
    let heartbeat = u16::try_from(options.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    address.query.heartbeat.get_or_insert(heartbeat);
    let name = options.connection_name();
    let properties = ConnectionProperties::default()
        .with_connection_name(name.into())
        .with_auth_provider(login.auth_provider());

    let findings = Arc::new(Findings::new(Arc::clone(&inbound.on_return)));
    // lapin is told another limit: it does not carry messages.
    let frame_max = address.query.frame_max.take().unwrap_or_default();
    let cutoff = Arc::new(Cutoff::default());
    let shared = Shared::new(Arc::clone(&cutoff));
    let parser =
        Parser::new(Arc::clone(&findings), Arc::clone(&shared.channels), inbound.max_body_bytes, frame_max);
    let stream = LapinStream::new(Arc::clone(&shared.pipe), Arc::clone(&shared.channels));
    // Detached but bounded: it ends with lapin's stream or the socket, and the cutoff aborts it.
    tokio::spawn(Driver::new(socket, parser, shared.clone()));
    let stream = Mutex::new(Some(stream));
    // lapin calls it once, since its own recovery is off.
    let take_stream = async move |_, _| {
        let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        stream.map(AsyncTcpStream::Plain).ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    };
    let abort = AbortOnDrop(Some(&cutoff));
    let connection =
        lapin::Connection::connector(address, Runtime::new(LapinRuntime::current()), take_stream, properties)
            .await
            .map_err(|error| explain(error, node, login))?;
    abort.disarm();
    let connection = Arc::new(connection);
    tracing::debug!(broker = %findings.broker(), endpoint = node.endpoint(), "connected");
    if let Some(changes) = login.take_changes() {
        update_secret::forward_changes(changes, &connection, findings.broker(), Arc::clone(&cutoff));
    }
    let options = (options.clone(), inbound.clone());
    Ok(Connection::new(connection, shared, findings, options, login.user(), progress.clone()))
}
