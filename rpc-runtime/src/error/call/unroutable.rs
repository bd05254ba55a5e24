//! The error of requests that no queue takes.

use std::fmt;

/// No queue takes the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unroutable {
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) exchange_missing: bool,
}

impl Unroutable {
    /// The exchange that the request was published to.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// The routing key of the request.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.routing_key
    }

    /// Returns whether the exchange does not exist. Otherwise no queue is bound to it with the routing key.
    #[must_use]
    pub fn exchange_missing(&self) -> bool {
        self.exchange_missing
    }
}

impl fmt::Display for Unroutable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchange, routing_key, exchange_missing } = self;
        if *exchange_missing {
            write!(f, "`{routing_key}` is not served: exchange `{exchange}` does not exist")
        } else if exchange.is_empty() {
            write!(f, "`{routing_key}` is not served: there is no queue of that name")
        } else {
            write!(
                f,
                "`{routing_key}` is not served: no queue is bound to exchange `{exchange}` with that key"
            )
        }
    }
}
