//! Why a connection or a channel ended, read from the broker's reply code and text.

use std::sync::Arc;

use crate::{error::BrokerError, reply_code};

/// The end of a connection, or of one channel on it.
#[derive(Debug)]
pub struct Disconnect {
    /// The broker's text, or that of the transport.
    pub reason: Arc<str>,
    /// The broker closed only the channel: something that was published on it is to blame.
    pub is_of_channel: bool,
    /// The exchange that was published to when the broker closed the channel.
    exchange: Option<(String, ExchangeError)>,
}

/// What was wrong with publishing to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// It does not exist.
    Missing,
    /// The user may not write to it.
    AccessRefused,
}

impl Disconnect {
    /// An end that no exchange is to blame for.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into(), is_of_channel: false, exchange: None }
    }

    /// What was wrong with `exchange`, when that was the reason.
    pub fn exchange_error(&self, exchange: &str) -> Option<ExchangeError> {
        self.exchange.as_ref().filter(|(name, _)| name == exchange).map(|(_, error)| *error)
    }

    /// Exchange and routing key, where only what has that key may not be published to it.
    pub fn refused_topic(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.reason.split_once("access to topic '")?;
        let (topic, rest) = rest.split_once("' in exchange '")?;
        Some((rest.split_once('\'')?.0, topic))
    }

    /// The exchange that may not be written to, when that was the reason.
    pub fn refused_exchange(&self) -> Option<&str> {
        match &self.exchange {
            Some((name, ExchangeError::AccessRefused)) => Some(name),
            _ => None,
        }
    }
}

impl From<&BrokerError> for Disconnect {
    /// The broker names the exchange only in its text: `no exchange 'x' in vhost 'y'`, `access to exchange 'x' in vhost 'y' refused`.
    fn from(error: &BrokerError) -> Self {
        let exchange_error = match error.code() {
            Some(reply_code::ACCESS_REFUSED) => Some(ExchangeError::AccessRefused),
            Some(reply_code::NOT_FOUND) => Some(ExchangeError::Missing),
            _ => None,
        };
        let exchange =
            exchange_error.zip(exchange_in(error.message())).map(|(error, name)| (name.to_owned(), error));
        Self { reason: error.message().into(), is_of_channel: error.is_of_channel(), exchange }
    }
}

fn exchange_in(text: &str) -> Option<&str> {
    // Only this routing key is refused: the exchange may serve other methods.
    if text.contains("topic '") {
        return None;
    }
    let (_, rest) = text.split_once("exchange '")?;
    let (name, _) = rest.split_once('\'')?;
    // So permissions call the exchange without a name.
    Some(if name == "amq.default" { "" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_words_name_the_exchange() {
        let lost = |code, text: &str| Disconnect::from(&BrokerError::new(Some(code), text));
        let refused =
            lost(403, "ACCESS_REFUSED - access to exchange 'a.b' in vhost '/' refused for user 'u'");
        assert_eq!(
            (refused.exchange_error("a.b"), refused.exchange_error("b")),
            (Some(ExchangeError::AccessRefused), None)
        );
        assert_eq!(refused.refused_exchange(), Some("a.b"));
        let refused = lost(
            403,
            "ACCESS_REFUSED - write access to exchange 'amq.default' in vhost '/' refused for user 'u'",
        );
        assert_eq!(refused.exchange_error(""), Some(ExchangeError::AccessRefused));
        let missing = lost(404, "NOT_FOUND - no exchange 'x' in vhost '/'");
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
            assert_eq!(lost(code, text).exchange_error("x"), None, "{text}");
        }
    }
}
