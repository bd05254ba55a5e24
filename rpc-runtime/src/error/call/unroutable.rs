//! Requests that no queue takes.

use std::fmt;

/// No queue takes the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unroutable {
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) exchange_missing: bool,
}

impl Unroutable {
    /// The exchange the request was meant for.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// The routing key the request had.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.routing_key
    }

    /// Whether the exchange itself does not exist; otherwise no queue is bound to it with the routing key.
    #[must_use]
    pub fn exchange_missing(&self) -> bool {
        self.exchange_missing
    }
}

impl fmt::Display for Unroutable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchange, routing_key, exchange_missing } = self;
        if *exchange_missing {
            write!(f, "nobody serves `{routing_key}`: exchange `{exchange}` does not exist")
        } else if exchange.is_empty() {
            write!(f, "nobody serves `{routing_key}`: there is no queue of that name")
        } else {
            write!(
                f,
                "nobody serves `{routing_key}`: no queue is bound to exchange `{exchange}` with that key"
            )
        }
    }
}
