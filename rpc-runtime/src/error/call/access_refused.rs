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
        let pattern = match &*self.exchange {
            // The default exchange, as RabbitMQ and as LavinMQ call it.
            "" => r"^(amq\.default)?$".to_owned(),
            exchange => format!("^{}$", exchange.replace('.', r"\.")),
        };
        write!(
            f,
            "the client's user may not write to exchange `{}`; grant it write `{pattern}` with `rabbitmqctl set_permissions`: {}",
            self.exchange, self.reason
        )
    }
}

#[cfg(test)]
mod tests {
    use super::AccessRefused;

    #[test]
    fn the_text_names_the_pattern_that_is_missing() {
        for (exchange, pattern) in
            [("amqp-rpc", "`^amqp-rpc$`"), ("shop.rpc", r"`^shop\.rpc$`"), ("", r"`^(amq\.default)?$`")]
        {
            let text =
                AccessRefused { exchange: exchange.into(), reason: "the broker's words".into() }.to_string();
            assert!(text.contains(pattern) && text.ends_with("the broker's words"), "{text}");
        }
    }
}
