//! Authenticates the user of a connection, and checks the access to a virtual host.

use std::sync::Arc;

use amq_protocol::protocol::connection;

use super::HandshakeError;
use crate::{
    auth::{Users, sasl},
    protocol::{Capabilities, ProtocolError, ReplyCode},
    vhost::{Mailbox, VhostRegistry},
};

/// Returns the name of the user.
pub(super) fn authenticate(
    start_ok: &connection::StartOk,
    capabilities: Capabilities,
    users: &Users,
) -> Result<Arc<str>, HandshakeError> {
    let mechanism = start_ok.mechanism.as_str();
    let response = start_ok.response.as_bytes();
    let credentials = match mechanism {
        "PLAIN" => sasl::plain(response),
        "AMQPLAIN" => sasl::amqplain(response),
        _ => {
            let text = format!("unknown authentication mechanism '{mechanism}'");
            return Err(HandshakeError::Unreported(ProtocolError::new(ReplyCode::CommandInvalid, text)));
        }
    };
    let credentials = credentials.map_err(|malformed| {
        HandshakeError::Unreported(ProtocolError::new(ReplyCode::SyntaxError, malformed.to_string()))
    })?;
    if users.authenticate(&credentials.user, &credentials.password) {
        return Ok(credentials.user.as_str().into());
    }
    let text = format!(
        "Login was refused using authentication mechanism {mechanism}. For details see the broker logfile."
    );
    let error = ProtocolError::new(ReplyCode::AccessRefused, text);
    Err(if capabilities.authentication_failure_close {
        HandshakeError::Reported(error)
    } else {
        HandshakeError::Unreported(error)
    })
}

/// Returns the mailbox of the virtual host that a client opens.
pub(super) fn open_vhost(
    name: &str,
    user: &str,
    users: &Users,
    vhosts: &VhostRegistry,
) -> Result<Mailbox, HandshakeError> {
    let refuse = |text: String| {
        HandshakeError::Reported(ProtocolError::new(ReplyCode::NotAllowed, text).caused_by(10, 40))
    };
    let Some(mailbox) = vhosts.get(name) else {
        return Err(refuse(format!("vhost {name} not found")));
    };
    if users.permissions(user, name).is_none() {
        return Err(refuse(format!("access to vhost '{name}' refused for user '{user}'")));
    }
    Ok(mailbox)
}
