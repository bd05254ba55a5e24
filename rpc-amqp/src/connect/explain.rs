//! Translates failures of connecting to a node into errors that say what to do.

use std::io;

use lapin::{Error, ErrorKind};

use super::login::Login;
use crate::{
    connection::NAMED_BY_CERTIFICATE,
    error::{BrokerError, ConnectError},
    options::BrokerUri,
    reply_code,
    transport::socket::PeerSpeaksTls,
};

/// Explains an error of lapin or of the socket.
pub(super) fn explain(error: Error, node: &BrokerUri, login: &Login) -> ConnectError {
    let endpoint = node.endpoint();
    let mut broke_off = true;
    if let ErrorKind::IOError(io) = error.kind() {
        if let Some(explained) = explain_io(io, node) {
            return explained;
        }
        // Any other error of the operating system, also in name resolution, means that no broker was reached.
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
        // A mechanism that the broker does not offer is 503.
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

/// Explains an error of the layers below AMQP, if it is one.
fn explain_io(error: &io::Error, node: &BrokerUri) -> Option<ConnectError> {
    if error.get_ref()?.is::<PeerSpeaksTls>() {
        return Some(ConnectError::TlsExpected { endpoint: node.endpoint() });
    }
    #[cfg(feature = "__rustls")]
    return crate::transport::tls::explain(error, &node.endpoint());
    #[cfg(not(feature = "__rustls"))]
    return None;
}

/// Returns whether another node may succeed. A refused login or virtual host is the same on all nodes.
pub(super) fn is_node_failure(error: &ConnectError) -> bool {
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
