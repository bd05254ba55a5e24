//! Connecting: bounded in time, with errors that say what to do.

use std::future::Future;

use lapin::{ConnectionProperties, Error, ErrorKind};

use super::{ConnectOptions, Connection, uri::BrokerUri};
use crate::error::{BrokerError, ConnectError};

/// Connects, and has `prepare` make of the connection what is needed, all within the options' timeout.
///
/// Dropping the future, or its timeout, abandons the attempt. When the peer accepted the connection and then says nothing,
/// lapin's thread for it stays until the peer closes it.
pub(crate) async fn connect<T, E, F, P>(options: &ConnectOptions, prepare: F) -> Result<T, E>
where
    E: From<ConnectError>,
    F: FnOnce(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let uri = BrokerUri::parse(&options.uri)?;
    let prepared = async { prepare(dial(options, &uri).await?).await };
    match tokio::time::timeout(options.timeout, prepared).await {
        Ok(prepared) => prepared,
        Err(_) => Err(ConnectError::Timeout { endpoint: uri.endpoint(), after: options.timeout }.into()),
    }
}

async fn dial(options: &ConnectOptions, uri: &BrokerUri) -> Result<Connection, ConnectError> {
    let mut address = uri.0.clone();
    // Always stated: the broker's own default notices a dead peer only after minutes.
    let heartbeat = u16::try_from(options.heartbeat.as_secs().max(1)).unwrap_or(u16::MAX);
    address.query.heartbeat.get_or_insert(heartbeat);
    let name = options.name.clone().unwrap_or_else(default_name);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    match lapin::Connection::connect_uri(address, properties).await {
        Ok(connection) => Ok(Connection::new(connection, options.clone(), uri.user())),
        Err(error) => Err(explain(error, uri)),
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
            std::io::ErrorKind::ConnectionAborted
                | std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::UnexpectedEof
                | std::io::ErrorKind::BrokenPipe
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
