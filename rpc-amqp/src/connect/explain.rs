//! Translates failures of connecting to a node into errors that say what to do.

use std::io;

use lapin::{Error, ErrorKind};

use super::login::Login;
use crate::{
    connection::NAMED_BY_CERTIFICATE,
    error::{BrokerError, ConnectError, Reason},
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
    let vhost = node.vhost().to_owned();
    match (source.code(), source.reason()) {
        // A mechanism that the broker does not offer is 503.
        (Some(reply_code::ACCESS_REFUSED | reply_code::COMMAND_INVALID), _) if login.is_external() => {
            ConnectError::ExternalLoginRefused { endpoint, source }
        }
        (_, Reason::LimitReached) => ConnectError::LimitReached { endpoint, source },
        (_, Reason::NoVhost) => ConnectError::VhostRefused { vhost, user, source },
        (Some(reply_code::NOT_ALLOWED | reply_code::INTERNAL_ERROR), Reason::Unavailable) => {
            ConnectError::VhostUnavailable { vhost, endpoint, source }
        }
        (Some(reply_code::ACCESS_REFUSED), _) => ConnectError::LoginRefused { endpoint, user, source },
        (Some(reply_code::NOT_ALLOWED), _) => ConnectError::Refused { what: "connection", source },
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
            | ConnectError::LimitReached { .. }
            | ConnectError::VhostUnavailable { .. }
            | ConnectError::CertificateRefused { .. }
            | ConnectError::NotTls { .. }
            | ConnectError::TlsExpected { .. }
            | ConnectError::TlsHandshake { .. }
    )
}

#[cfg(test)]
mod tests {
    use lapin::protocol::AMQPError;

    use super::*;
    use crate::options::ConnectOptions;

    /// What a broker says when it refuses a connection, what of it the error repeats or advises, whether
    /// another attempt may succeed, and whether another node may.
    const REFUSALS: [(u16, &str, &str, bool, bool); 8] = [
        (
            403,
            "Login was refused using authentication mechanism PLAIN.",
            "refused the login of user `ada`",
            false,
            false,
        ),
        (530, "vhost shop not found", "virtual host `shop` does not exist", false, false),
        (530, "access to vhost 'shop' refused for user 'ada'", "set permissions", false, false),
        (
            530,
            "connection refused for user 'ada': user connection limit (1) is reached",
            "wait_for_broker",
            true,
            true,
        ),
        (
            530,
            "access to vhost 'shop' refused: connection limit (1) is reached",
            "a limit is reached",
            true,
            true,
        ),
        (
            541,
            "access to vhost 'shop' refused for user 'ada': vhost 'shop' is down",
            "`shop` is down",
            true,
            true,
        ),
        (
            530,
            "negotiated channel_max = 9000 is higher than the maximum allowed value (2047)",
            "refused the connection: ",
            false,
            false,
        ),
        (
            320,
            "broker forced connection closure with reason 'shutdown'",
            "broke during the handshake",
            true,
            true,
        ),
    ];

    #[test]
    fn a_refused_connection_says_what_helps() {
        let node = BrokerUri::parse("amqp://ada:secret@h/shop").expect("it is a URI");
        let login = Login::new(&node, &ConnectOptions::new("amqp://h")).expect("it has a user");
        for (code, text, part, is_passing, concerns_node) in REFUSALS {
            let error = AMQPError::from_id(code, text.into()).expect("it is a reply code");
            let error = explain(ErrorKind::ProtocolError(error).into(), &node, &login);
            let shown = error.to_string();
            assert!(shown.contains(part) && shown.contains(text) && !shown.contains("secret"), "{shown}");
            assert_eq!((error.is_passing(), is_node_failure(&error)), (is_passing, concerns_node), "{shown}");
            // A limit or a fault of the broker is not told as a mistake of the user.
            assert_eq!(
                shown.contains("add_vhost"),
                matches!(error, ConnectError::VhostRefused { .. }),
                "{shown}"
            );
        }
    }
}
