//! Why a link was lost, and which of its calls are to blame.

use std::sync::Arc;

use crate::error::BrokerError;

/// The end of a link.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) reason: Arc<str>,
    /// The broker closed only the channel: something that was published on it is to blame.
    pub(crate) is_of_channel: bool,
    /// The exchange whose use the broker answered by closing the channel.
    culprit: Option<(String, Offence)>,
}

/// What was wrong with publishing to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
    Missing,
    NoAccess,
}

impl Lost {
    pub(crate) fn because(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into(), is_of_channel: false, culprit: None }
    }

    pub(crate) fn offence(&self, exchange: &str) -> Option<Offence> {
        self.culprit.as_ref().filter(|(name, _)| name == exchange).map(|(_, offence)| *offence)
    }

    /// Exchange and routing key, where only what has that key may not be published to it.
    pub(crate) fn refused_topic(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.reason.split_once("access to topic '")?;
        let (topic, rest) = rest.split_once("' in exchange '")?;
        Some((rest.split_once('\'')?.0, topic))
    }

    /// The exchange that may not be written to, when that was the reason.
    pub(crate) fn refused_exchange(&self) -> Option<&str> {
        match &self.culprit {
            Some((name, Offence::NoAccess)) => Some(name),
            _ => None,
        }
    }
}

impl From<&BrokerError> for Lost {
    /// The broker names the exchange only in its text: `no exchange 'x' in vhost 'y'`, `access to exchange 'x' in vhost 'y' refused`.
    fn from(error: &BrokerError) -> Self {
        const ACCESS_REFUSED: u16 = 403;
        const NOT_FOUND: u16 = 404;
        let offence = match error.code() {
            Some(ACCESS_REFUSED) => Some(Offence::NoAccess),
            Some(NOT_FOUND) => Some(Offence::Missing),
            _ => None,
        };
        let culprit =
            offence.zip(exchange_in(error.message())).map(|(offence, name)| (name.to_owned(), offence));
        Self { reason: error.message().into(), is_of_channel: error.is_of_channel(), culprit }
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
        let lost = |code, text: &str| Lost::from(&BrokerError::new(Some(code), text));
        let refused =
            lost(403, "ACCESS_REFUSED - access to exchange 'a.b' in vhost '/' refused for user 'u'");
        assert_eq!((refused.offence("a.b"), refused.offence("b")), (Some(Offence::NoAccess), None));
        assert_eq!(refused.refused_exchange(), Some("a.b"));
        let refused = lost(
            403,
            "ACCESS_REFUSED - write access to exchange 'amq.default' in vhost '/' refused for user 'u'",
        );
        assert_eq!(refused.offence(""), Some(Offence::NoAccess));
        let missing = lost(404, "NOT_FOUND - no exchange 'x' in vhost '/'");
        assert_eq!((missing.offence("x"), missing.refused_exchange()), (Some(Offence::Missing), None));
        for (code, text) in [
            (404, "NOT_FOUND - no queue 'x' in vhost '/'"),
            (320, "CONNECTION_FORCED - exchange 'x'"),
            (403, "ACCESS_REFUSED - access to topic 'k' in exchange 'x' in vhost '/' refused for user 'u'"),
            (403, "exchange 'x"),
        ] {
            assert_eq!(lost(code, text).offence("x"), None, "{text}");
        }
    }
}
