//! Broker URIs: parsed strictly, because lapin turns what it does not understand into something else.

use lapin::uri::{AMQPScheme, AMQPUri};

use crate::error::ConnectError;

/// A URI that lapin will connect to as it was meant. Has no `Debug`: it holds a password.
pub(crate) struct BrokerUri(pub(super) AMQPUri);

impl BrokerUri {
    /// # Errors
    /// `InvalidUri` with a text that never repeats the URI, and `TlsUnavailable` for `amqps://`: without TLS compiled in,
    /// lapin would send the password in clear.
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(invalid("it has no `amqp://` in front"));
        };
        if !scheme.eq_ignore_ascii_case("amqp") && !scheme.eq_ignore_ascii_case("amqps") {
            return Err(invalid("its scheme is not `amqp`"));
        }
        let mut uri: AMQPUri = text.parse().map_err(|_| invalid("it cannot be parsed"))?;
        if uri.scheme == AMQPScheme::AMQPS {
            return Err(ConnectError::TlsUnavailable);
        }
        uri.authority.host = host(rest)?.to_owned();
        // `amqp://host/` means the vhost "" by the letter, and `/` to everybody who writes it.
        if uri.vhost.is_empty() {
            uri.vhost = "/".to_owned();
        }
        Ok(Self(uri))
    }

    pub(crate) fn endpoint(&self) -> String {
        let authority = &self.0.authority;
        if authority.host.contains(':') {
            format!("[{}]:{}", authority.host, authority.port)
        } else {
            format!("{}:{}", authority.host, authority.port)
        }
    }

    pub(crate) fn user(&self) -> &str {
        &self.0.authority.userinfo.username
    }

    pub(crate) fn vhost(&self) -> &str {
        &self.0.vhost
    }
}

/// The host as written: lapin makes `localhost` of an IPv6 address.
fn host(after_scheme: &str) -> Result<&str, ConnectError> {
    let (authority, rest) = match after_scheme.find(['/', '?', '#']) {
        Some(end) => after_scheme.split_at(end),
        None => (after_scheme, ""),
    };
    // Most likely a password with a raw `/`: what follows it would be taken for the host's port and the vhost, and shown.
    if rest.contains('@') {
        return Err(invalid(
            "it has an `@` after the first `/`: write `/` in a password as %2f, and `@` in a vhost as %40",
        ));
    }
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host_and_port.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host_and_port.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() { Err(invalid("it has no host")) } else { Ok(host) }
}

fn invalid(why: &str) -> ConnectError {
    ConnectError::InvalidUri(why.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_out_has_defaults() {
        let uri = BrokerUri::parse("amqp://localhost").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((uri.endpoint().as_str(), uri.user(), uri.vhost()), ("localhost:5672", "guest", "/"));
    }

    #[test]
    fn the_vhost_is_the_path() {
        for (text, vhost) in [
            ("amqp://h:1", "/"),
            ("amqp://h:1/", "/"),
            ("amqp://h:1/%2f", "/"),
            ("amqp://h:1/a%2fb", "a/b"),
            ("amqp://u:p@h:1/tenant?heartbeat=5", "tenant"),
        ] {
            assert_eq!(
                BrokerUri::parse(text).map(|uri| uri.vhost().to_owned()).ok().as_deref(),
                Some(vhost),
                "{text}"
            );
        }
    }

    #[test]
    fn an_ipv6_host_stays_what_it_is() {
        let uri = BrokerUri::parse("amqp://u:p@[::1]:5673/v").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(uri.0.authority.host, "::1");
        assert_eq!(uri.endpoint(), "[::1]:5673");
    }

    #[test]
    fn tls_is_refused_rather_than_left_out() {
        for text in ["amqps://localhost", "AMQPS://u:p@h"] {
            assert!(matches!(BrokerUri::parse(text), Err(ConnectError::TlsUnavailable)), "{text}");
        }
    }

    #[test]
    fn a_bad_uri_is_not_repeated_in_the_error() {
        for text in [
            "",
            "localhost",
            "http://u:secret@h",
            "amqp://u:secret@",
            "amqp:secret",
            "amqp://u:secret@h:port",
        ] {
            match BrokerUri::parse(text) {
                Err(error) => assert!(!error.to_string().contains("secret"), "{error}"),
                Ok(_) => panic!("{text} was taken"),
            }
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = BrokerUri::parse(&text);
            let _ = BrokerUri::parse(&format!("amqp://{text}"));
        }
    }
}
