//! The error of calls that the client's user may not publish.

use std::{fmt, sync::Arc};

/// The client's user has no permission to write to the exchange, or not even to look it up (RabbitMQ since
/// 4.3, without any permission on it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRefused {
    pub(crate) exchange: String,
    pub(crate) reason: Arc<str>,
}

impl AccessRefused {
    /// The name of the exchange.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// The reply text of the broker.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for AccessRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the client's user may not write to exchange `{}`; grant it with `rabbitmqctl set_permissions`: {}",
            self.exchange, self.reason
        )
    }
}
