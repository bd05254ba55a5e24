//! The error of encoding a message.

use crate::{error::BrokerError, limits::MAX_SHORT_STRING_BYTES};

/// A name or property that AMQP cannot carry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    #[error("the {0} is longer than AMQP's {max} bytes", max = MAX_SHORT_STRING_BYTES)]
    TooLong(&'static str),
    #[error("the headers have more than the {0} bytes that fit into a frame")]
    TooManyHeaders(usize),
    /// RabbitMQ 3.10 closes the connection when it receives one.
    #[error("a header is a number that is not finite")]
    NotFinite,
    /// A value that `HeaderValue` has and this version of the transport does not know.
    #[error("a header has a type that AMQP cannot carry")]
    UnknownType,
}

impl From<EncodeError> for BrokerError {
    fn from(error: EncodeError) -> Self {
        Self::new(None, error.to_string())
    }
}
