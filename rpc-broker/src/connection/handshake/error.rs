//! The reasons why a handshake fails.

use std::{fmt, io};

use crate::protocol::ProtocolError;

/// The reason why a handshake failed.
#[derive(Debug)]
pub(in crate::connection) enum HandshakeError {
    Io(io::Error),
    /// The client closed the connection.
    Eof,
    /// The client does not speak AMQP 0-9-1. It got the protocol header of the version to speak.
    UnsupportedProtocol,
    /// Not reported to the client, as RabbitMQ does at this stage.
    Unreported(ProtocolError),
    /// Reported to the client in `connection.close`.
    Reported(ProtocolError),
    /// A rule closes the connection with `connection.close`.
    ClosedByRule {
        code: u16,
        text: String,
    },
    /// A rule resets the connection.
    ResetByRule,
    /// A rule ends the connection after what was written has arrived.
    BrokenByRule,
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Eof => f.write_str("the client closed the connection"),
            Self::UnsupportedProtocol => f.write_str("the client does not speak AMQP 0-9-1"),
            Self::ClosedByRule { text, .. } => text.fmt(f),
            Self::ResetByRule | Self::BrokenByRule => f.write_str("a rule broke the connection"),
            Self::Unreported(error) | Self::Reported(error) => error.connection_close().reply_text.fmt(f),
        }
    }
}

impl HandshakeError {
    /// Makes an unreported error a reported one.
    pub(super) fn reported(self) -> Self {
        if let Self::Unreported(error) = self { Self::Reported(error) } else { self }
    }
}

impl From<io::Error> for HandshakeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
