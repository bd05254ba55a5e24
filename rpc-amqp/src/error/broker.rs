//! What the broker, or the connection to it, answered: a plain copy, free of the transport's types.

use std::fmt;

/// An error of the broker or of the connection to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerError {
    code: Option<u16>,
    message: String,
}

impl BrokerError {
    pub fn new(code: Option<u16>, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The AMQP reply code, such as 404 or 406, when the broker sent one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        self.code
    }

    /// Whether only the channel is gone: AMQP's soft errors. After any other the connection is.
    pub fn is_of_channel(&self) -> bool {
        matches!(self.code, Some(311..=313 | 403..=406))
    }

    /// The text that came with it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BrokerError {}
