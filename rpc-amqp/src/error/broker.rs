//! An error of the broker or of the connection to it, without lapin's types.

use std::fmt;

use crate::{broker::LOW_ON_DISK, reply_code::PRECONDITION_FAILED};

/// An error of the broker or of the connection to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerError {
    code: Option<u16>,
    message: String,
}

impl BrokerError {
    /// An error with the broker's reply code, if it sent one, and a text.
    pub fn new(code: Option<u16>, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The AMQP reply code, such as 404 or 406, when the broker sent one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        self.code
    }

    /// Returns whether it is a channel error (AMQP's soft errors), which closes only the channel. Any other
    /// error closes the connection.
    pub fn is_channel_error(&self) -> bool {
        matches!(self.code, Some(311..=313 | 403..=406))
    }

    /// Returns whether the broker refused an operation because it is low on disk: LavinMQ's way to block
    /// publishers.
    #[must_use]
    pub fn is_low_on_disk(&self) -> bool {
        self.code == Some(PRECONDITION_FAILED) && self.message.contains(LOW_ON_DISK)
    }

    /// The reply text of the broker, or a description of the connection's error.
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
