//! What the errors of an attempt to connect say about the next one.

use crate::error::ConnectError;

/// The error of an attempt to connect and to prepare the connection.
pub trait AttemptError: From<ConnectError> + std::error::Error {
    /// Returns whether another attempt may succeed without any change.
    fn is_passing(&self) -> bool;

    /// Returns whether a broker was reached: then the attempt has cost it something.
    fn reached_broker(&self) -> bool;
}

impl AttemptError for ConnectError {
    fn is_passing(&self) -> bool {
        Self::is_passing(self)
    }

    fn reached_broker(&self) -> bool {
        !matches!(self, Self::Unreachable { .. } | Self::InvalidUri(_) | Self::InvalidOption(_))
    }
}
