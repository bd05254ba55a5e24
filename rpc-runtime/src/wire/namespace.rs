//! The namespace of a client or server, which prefixes the exchange and the queue of a method.

use std::borrow::Cow;

use crate::contract::MethodDef;

/// A prefix for exchanges and queues, so that one trait serves many tenants of one broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Namespace(Option<Box<str>>);

impl Namespace {
    /// Leaves 190 of AMQP's 255 bytes for the name itself. A server checks the whole name when it starts.
    const MAX_BYTES: usize = 64;

    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        if name.is_empty()
            || name.len() > Self::MAX_BYTES
            || name.chars().any(char::is_control)
            || name.starts_with("amq.")
        {
            return Err(format!(
                "namespace {name:?} must have 1 to {} bytes, no control characters, and not begin with `amq.`",
                Self::MAX_BYTES
            ));
        }
        Ok(Self(Some(name.into())))
    }

    pub(crate) fn queue<'a>(&self, queue: &'a str) -> Cow<'a, str> {
        self.prefix(queue)
    }

    pub(crate) fn exchange<'a>(&self, exchange: &'a str) -> Cow<'a, str> {
        // The default exchange exists once per virtual host, and has no other name.
        if exchange.is_empty() { Cow::Borrowed(exchange) } else { self.prefix(exchange) }
    }

    /// Routing keys are not prefixed, except on the default exchange, where they are queue names.
    pub(crate) fn routing_key(&self, method: &MethodDef) -> Cow<'static, str> {
        if method.exchange.is_empty() {
            self.prefix(method.routing_key)
        } else {
            Cow::Borrowed(method.routing_key)
        }
    }

    fn prefix<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match &self.0 {
            // For every message: `format!` would take ten times as long.
            Some(namespace) => Cow::Owned([&**namespace, ".", name].concat()),
            None => Cow::Borrowed(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: MethodDef = MethodDef::new("fib", "fib.compute");
    const DEFAULT: MethodDef =
        MethodDef::new("fib", "fib.compute").exchange("").routing_key("rpc_queue").queue("rpc_queue");

    #[test]
    fn a_namespace_prefixes_exchanges_and_queues_but_not_keys() {
        let staging = Namespace::parse("staging").unwrap();
        assert_eq!(staging.exchange(NAMED.exchange), "staging.amqp-rpc");
        assert_eq!(staging.queue(NAMED.queue), "staging.fib");
        assert_eq!(staging.routing_key(&NAMED), "fib.compute");
    }

    #[test]
    fn on_the_default_exchange_the_key_is_the_queue() {
        let staging = Namespace::parse("staging").unwrap();
        assert_eq!(staging.exchange(DEFAULT.exchange), "");
        assert_eq!(staging.routing_key(&DEFAULT), staging.queue(DEFAULT.queue));
        assert_eq!(Namespace::default().routing_key(&DEFAULT), "rpc_queue");
    }

    #[test]
    fn invalid_namespaces_are_refused() {
        for name in ["", "amq.x", "a\0b", &"x".repeat(65)] {
            assert!(Namespace::parse(name).is_err(), "{name:?}");
        }
    }
}
