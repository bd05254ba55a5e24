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

use super::{login::Login, secure::Security, update_secret};
use crate::{
    connection::{Connection, NAMED_BY_CERTIFICATE},
    error::{BrokerError, ConnectError},
    options::{BrokerUri, ConnectOptions, Inbound},
    reply_code,
    transport::{
        cutoff::{AbortOnDrop, Cutoff},
        guard::{Findings, Inspector},
        runtime::LapinRuntime,
        socket::{PeerSpeaksTls, Socket},
        stream::GuardedStream,
        tcp,
    },
};

/// Connects, and has `prepare` make of the connection what is needed, all within the options' timeout.
///
/// Dropping the future, or its timeout, abandons the attempt: its socket is shut and lapin's thread for it ends.
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
    // So that the clients of a node that went away do not all go to the same next one.
    nodes.sort_by_cached_key(|_| Uuid::new_v4());
    let endpoints = nodes.iter().map(BrokerUri::endpoint).collect::<Vec<_>>().join(", ");
    let prepared = async {
        let security = Security::prepare(options, &nodes).await?;
        prepare(dial_any(options, inbound, &nodes, &security).await?).await
    };
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
    security: &Security,
) -> Result<Connection, ConnectError> {
    let until = Instant::now() + options.timeout.min(Duration::from_secs(24 * 60 * 60));
    let mut last = ConnectError::InvalidOption("there is no broker URI".into());
    for (tried, node) in nodes.iter().enumerate() {
        let patience = tcp::share(until, nodes.len() - tried);
        match dial(options, inbound, node, security, patience).await {
            // The last of them lasts as long as the whole attempt, whose own bound then says so.
            Err(error) if is_of_the_node(&error) => {
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

/// Whether the next node may do better: what the broker itself refuses, all nodes refuse.
fn is_of_the_node(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::Unreachable { .. }
            | ConnectError::Timeout { .. }
            | ConnectError::Broken { .. }
            | ConnectError::CertificateRefused { .. }
            | ConnectError::NotTls { .. }
            | ConnectError::TlsExpected { .. }
            | ConnectError::TlsHandshake { .. }
    )
}

async fn dial(
    options: &ConnectOptions,
    inbound: &Inbound,
    node: &BrokerUri,
    security: &Security,
    patience: Duration,
) -> Result<Connection, ConnectError> {
    let started = Instant::now();
    let mut login = Login::at(node, options)?;
    let socket = tcp::connect(node.host(), node.port(), patience.min(options.connect_timeout))
        .await
        .map_err(|error| explain(error.into(), node, &login))?;
    let patience = patience.saturating_sub(started.elapsed()).min(options.handshake_timeout);
    let handshake = async {
        let socket = security.secure(socket, node).await?;
        handshake(options, inbound, node, &mut login, socket).await
    };
    match timeout(patience, handshake).await {
        Ok(settled) => settled,
        Err(_) => Err(ConnectError::Timeout { endpoint: node.endpoint(), after: started.elapsed() }),
    }
}

/// From the protocol's header to the open virtual host.
async fn handshake(
    options: &ConnectOptions,
    inbound: &Inbound,
    node: &BrokerUri,
    login: &mut Login,
    socket: Socket,
) -> Result<Connection, ConnectError> {
    let mut address = node.address().clone();
    // Always stated: the broker's own default notices a dead peer only after minutes.
    let heartbeat = u16::try_from(options.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    address.query.heartbeat.get_or_insert(heartbeat);
    let name = options.name.clone().unwrap_or_else(default_name);
    let properties =
        ConnectionProperties::default().with_connection_name(name.into()).with_auth_provider(login.answers());

    let findings = Arc::new(Findings::new(Arc::clone(&inbound.on_return)));
    let frame_max = address.query.frame_max.unwrap_or_default();
    let inspector = Inspector::new(Arc::clone(&findings), inbound.max_body_bytes, frame_max);
    let cutoff = Arc::new(Cutoff::default());
    let stream = Mutex::new(Some(GuardedStream::new(socket, inspector, Arc::clone(&cutoff))));
    // Asked once: lapin's own recovery is off.
    let hand_over = async move |_, _| {
        let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        stream.map(AsyncTcpStream::Plain).ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    };
    let abandoned = AbortOnDrop(Some(&cutoff));
    let connection =
        lapin::Connection::connector(address, Runtime::new(LapinRuntime::current()), hand_over, properties)
            .await
            .map_err(|error| explain(error, node, login))?;
    abandoned.disarm();
    let connection = Arc::new(connection);
    if let Some(changes) = login.take_changes() {
        update_secret::forward_changes(changes, &connection, Arc::clone(&cutoff));
    }
    let options = (options.clone(), inbound.clone());
    Ok(Connection::new(connection, cutoff, findings, options, login.user()))
}

fn explain(error: Error, node: &BrokerUri, login: &Login) -> ConnectError {
    let endpoint = node.endpoint();
    let mut broke_off = true;
    if let ErrorKind::IOError(io) = error.kind() {
        if let Some(explained) = explain_io(io, node) {
            return explained;
        }
        // Whatever else the operating system says, name resolution included, means that nobody was reached.
        broke_off = matches!(
            io.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::InvalidData
        );
    }
    let source = BrokerError::from(error);
    let user = login.user().unwrap_or(NAMED_BY_CERTIFICATE).to_owned();
    match source.code() {
        // A mechanism that is not offered is 503.
        Some(reply_code::ACCESS_REFUSED | reply_code::COMMAND_INVALID) if login.is_external() => {
            ConnectError::ExternalLoginRefused { endpoint, source }
        }
        Some(reply_code::ACCESS_REFUSED) => ConnectError::LoginRefused { endpoint, user, source },
        Some(reply_code::NOT_ALLOWED) => {
            ConnectError::VhostRefused { vhost: node.vhost().to_owned(), user, source }
        }
        _ if broke_off => ConnectError::Broken { endpoint, source },
        _ => ConnectError::Unreachable { endpoint, source },
    }
}

/// What the layers below AMQP have found out.
fn explain_io(error: &io::Error, node: &BrokerUri) -> Option<ConnectError> {
    if error.get_ref()?.is::<PeerSpeaksTls>() {
        return Some(ConnectError::TlsExpected { endpoint: node.endpoint() });
    }
    #[cfg(feature = "__rustls")]
    return crate::transport::tls::explain(error, &node.endpoint());
    #[cfg(not(feature = "__rustls"))]
    return None;
}

fn default_name() -> String {
    let program = std::env::current_exe().ok();
    let program = program
        .as_deref()
        .and_then(|path| path.file_name())
        .map_or("amqp-rpc".into(), |name| name.to_string_lossy());
    format!("{program} (pid {})", std::process::id())
}
