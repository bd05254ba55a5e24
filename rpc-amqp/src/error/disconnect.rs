//! The end of a connection or a channel, read from the broker's reply code and reply text.
//!
//! The exchange and the routing key are only in the reply text. This module reads RabbitMQ's texts, which the
//! embedded test broker uses as well. Other texts name no exchange.

use std::sync::Arc;

use super::{BrokerError, ConnectError, chain};
use crate::reply_code;

/// The end of a connection, or of one channel on it.
#[derive(Debug)]
pub struct Disconnect {
    /// The broker's reply text, or the error of the connection.
    pub reason: Arc<str>,
    /// Whether the broker closed only the channel, because of an operation on it.
    pub is_channel_error: bool,
    /// Whether the broker is low on disk, and refuses messages until it is not.
    pub is_low_on_disk: bool,
    /// The exchange at fault, when a publish to it made the broker close the channel.
    exchange: Option<(String, ExchangeError)>,
}

/// The reason why the broker refused a publish to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// The exchange does not exist.
    Missing,
    /// The user has no write permission on the exchange.
    AccessRefused,
}

impl Disconnect {
    /// A disconnect that concerns no exchange.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into(), is_channel_error: false, is_low_on_disk: false, exchange: None }
    }

    /// Returns why the broker refused a publish to `exchange`, when that caused the disconnect.
    pub fn exchange_error(&self, exchange: &str) -> Option<ExchangeError> {
        self.exchange.as_ref().filter(|(name, _)| name == exchange).map(|(_, error)| *error)
    }

    /// The exchange and the routing key, when the broker refused only this routing key (RabbitMQ's topic
    /// permissions).
    pub fn refused_topic(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.reason.split_once("access to topic '")?;
        let (topic, rest) = rest.split_once("' in exchange '")?;
        Some((rest.split_once('\'')?.0, topic))
    }

    /// The exchange to which write access was refused, when that caused the disconnect.
    pub fn refused_exchange(&self) -> Option<&str> {
        match &self.exchange {
            Some((name, ExchangeError::AccessRefused)) => Some(name),
            _ => None,
        }
    }
}

impl From<&BrokerError> for Disconnect {
    /// Reads the exchange from RabbitMQ's texts `no exchange 'x' in vhost 'y'` and
    /// `access to exchange 'x' in vhost 'y' refused`.
    fn from(error: &BrokerError) -> Self {
        let exchange_error = match error.code() {
            Some(reply_code::ACCESS_REFUSED) => Some(ExchangeError::AccessRefused),
            Some(reply_code::NOT_FOUND) => Some(ExchangeError::Missing),
            _ => None,
        };
        let exchange =
            exchange_error.zip(exchange_in(error.message())).map(|(error, name)| (name.to_owned(), error));
        Self {
            reason: error.message().into(),
            is_channel_error: error.is_channel_error(),
            is_low_on_disk: error.is_low_on_disk(),
            exchange,
        }
    }
}

/// The reason why there is no connection yet.
impl From<&ConnectError> for Disconnect {
    fn from(error: &ConnectError) -> Self {
        Self { is_low_on_disk: error.is_low_on_disk(), ..Self::new(chain(error).to_string()) }
    }
}

fn exchange_in(text: &str) -> Option<&str> {
    // Only this routing key is refused: other methods may use the exchange.
    if text.contains("topic '") {
        return None;
    }
    let (_, rest) = text.split_once("exchange '")?;
    let (name, _) = rest.split_once('\'')?;
    // RabbitMQ's name for the default exchange.
    Some(if name == "amq.default" { "" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exchange_is_read_from_the_reply_text() {
        let disconnect = |code, text: &str| Disconnect::from(&BrokerError::new(Some(code), text));
        let refused =
            disconnect(403, "ACCESS_REFUSED - access to exchange 'a.b' in vhost '/' refused for user 'u'");
        assert_eq!(
            (refused.exchange_error("a.b"), refused.exchange_error("b")),
            (Some(ExchangeError::AccessRefused), None)
        );
        assert_eq!(refused.refused_exchange(), Some("a.b"));
        let refused = disconnect(
            403,
            "ACCESS_REFUSED - write access to exchange 'amq.default' in vhost '/' refused for user 'u'",
        );
        assert_eq!(refused.exchange_error(""), Some(ExchangeError::AccessRefused));
        let missing = disconnect(404, "NOT_FOUND - no exchange 'x' in vhost '/'");
        assert_eq!(
            (missing.exchange_error("x"), missing.refused_exchange()),
            (Some(ExchangeError::Missing), None)
        );
        for (code, text) in [
            (404, "NOT_FOUND - no queue 'x' in vhost '/'"),
            (320, "CONNECTION_FORCED - exchange 'x'"),
            (403, "ACCESS_REFUSED - access to topic 'k' in exchange 'x' in vhost '/' refused for user 'u'"),
            (403, "exchange 'x"),
        ] {
            assert_eq!(disconnect(code, text).exchange_error("x"), None, "{text}");
        }
    }
}
