//! Converts lapin's errors into plain data.

use lapin::{Error, ErrorKind};

use super::BrokerError;

impl From<Error> for BrokerError {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(amqp) => Self::new(Some(amqp.get_id()), amqp.get_message().as_str()),
            ErrorKind::IOError(io) => Self::new(None, io.to_string()),
            ErrorKind::MissingHeartbeatError => Self::new(None, "the broker sent no heartbeat in time"),
            ErrorKind::InvalidChannelState(..) => Self::new(None, "the channel is closed"),
            ErrorKind::InvalidConnectionState(_) => Self::new(None, "the connection is closed"),
            _ => Self::new(None, error.to_string()),
        }
    }
}
