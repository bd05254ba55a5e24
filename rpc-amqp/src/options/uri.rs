//! Parses broker URIs strictly, because lapin silently replaces parts that it does not understand.

use std::mem;

use lapin::uri::{AMQPScheme, AMQPUri, SASLMechanism};

use super::Secret;
use crate::error::ConnectError;

/// A valid broker URI.
#[derive(Debug)]
pub(crate) struct BrokerUri {
    /// Without the password, which lapin shows in `Debug`. Its scheme is always `amqp`, because this crate
    /// encrypts the connection, not lapin.
    address: AMQPUri,
    password: Secret,
    is_tls: bool,
    names_user: bool,
}

impl BrokerUri {
    /// Parses a URI.
    ///
    /// # Errors
    /// `InvalidUri` with a text that never contains the URI. `TlsUnavailable` for `amqps://` in a build
    /// without TLS, where lapin would send the password in plain text.
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(invalid("it has no `amqp://` in front"));
        };
        if !scheme.eq_ignore_ascii_case("amqp") && !scheme.eq_ignore_ascii_case("amqps") {
            return Err(invalid("its scheme is not `amqp`"));
        }
        let mut address: AMQPUri = text.parse().map_err(|_| invalid("it cannot be parsed"))?;
        let is_tls = mem::take(&mut address.scheme) == AMQPScheme::AMQPS;
        if is_tls && !cfg!(feature = "__rustls") {
            return Err(ConnectError::TlsUnavailable);
        }
        let authority = Authority::parse(rest)?;
        address.authority.host = authority.host.to_owned();
        // Strictly, `amqp://host/` names the vhost "". Users mean the vhost `/`.
        if address.vhost.is_empty() {
            address.vhost = "/".to_owned();
        }
        let password = Secret::new(mem::take(&mut address.authority.userinfo.password));
        Ok(Self { address, password, is_tls, names_user: authority.names_user })
    }

    /// The address for lapin.
    pub(crate) fn address(&self) -> &AMQPUri {
        &self.address
    }

    /// Returns whether the scheme is `amqps`.
    pub(crate) fn is_tls(&self) -> bool {
        self.is_tls
    }

    pub(crate) fn mechanism(&self) -> SASLMechanism {
        self.address.query.auth_mechanism.unwrap_or_default()
    }

    pub(crate) fn password(&self) -> &Secret {
        &self.password
    }

    /// The host: a name, or an address without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.address.authority.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.authority.port
    }

    /// Host and port, for errors and logs.
    pub(crate) fn endpoint(&self) -> String {
        let authority = &self.address.authority;
        if authority.host.contains(':') {
            format!("[{}]:{}", authority.host, authority.port)
        } else {
            format!("{}:{}", authority.host, authority.port)
        }
    }

    pub(crate) fn user(&self) -> &str {
        &self.address.authority.userinfo.username
    }

    /// The user's name if the URI contains one, without the default.
    pub(crate) fn stated_user(&self) -> Option<&str> {
        self.names_user.then(|| self.user())
    }

    pub(crate) fn vhost(&self) -> &str {
        &self.address.vhost
    }
}

/// The parts of the URI's authority that lapin's parser replaces.
struct Authority<'a> {
    /// lapin replaces an IPv6 address by `localhost`.
    host: &'a str,
    /// lapin replaces a missing user by `guest`.
    names_user: bool,
}

impl<'a> Authority<'a> {
    fn parse(after_scheme: &'a str) -> Result<Self, ConnectError> {
        let (authority, rest) = match after_scheme.find(['/', '?', '#']) {
            Some(end) => after_scheme.split_at(end),
            None => (after_scheme, ""),
        };
        // Most likely a password with an unescaped `/`. The text after it would be read as the vhost, and
        // shown in errors.
        if rest.contains('@') {
            return Err(invalid(
                "it has an `@` after the first `/`: write `/` in a password as %2f, and `@` in a vhost as %40",
            ));
        }
        let (user_info, host_and_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let host = match host_and_port.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
            None => host_and_port.split(':').next().unwrap_or_default(),
        };
        if host.is_empty() {
            return Err(invalid("it has no host"));
        }
        let names_user = !user_info.is_empty() && !user_info.starts_with(':');
        Ok(Self { host, names_user })
    }
}

fn invalid(reason: &str) -> ConnectError {
    ConnectError::InvalidUri(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn missing_parts_have_defaults() {
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
    fn an_ipv6_host_is_kept() {
        let uri = BrokerUri::parse("amqp://u:p@[::1]:5673/v").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(uri.host(), "::1");
        assert_eq!(uri.endpoint(), "[::1]:5673");
    }

    #[test]
    fn a_user_that_is_not_written_is_not_stated() {
        for (text, stated) in [
            ("amqp://h", None),
            ("amqp://@h", None),
            ("amqp://:secret@h", None),
            ("amqp://ada@h", Some("ada")),
            ("amqp://guest:guest@h", Some("guest")),
        ] {
            let uri = BrokerUri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(uri.stated_user(), stated, "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let uri = BrokerUri::parse("amqp://u:marker@h").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(uri.password().reveal(), "marker");
        assert!(!format!("{uri:?}").contains("marker"));
    }

    #[cfg(feature = "__rustls")]
    #[test]
    fn amqps_has_its_own_default_port() {
        for (text, endpoint) in
            [("amqps://h", "h:5671"), ("AMQPS://u:p@[::1]", "[::1]:5671"), ("amqps://h:1", "h:1")]
        {
            let uri = BrokerUri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(uri.is_tls());
            assert_eq!(uri.endpoint(), endpoint);
            assert_eq!(uri.address().scheme, AMQPScheme::AMQP, "lapin does not encrypt");
        }
    }

    #[cfg(not(feature = "__rustls"))]
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
                Ok(_) => panic!("{text} was accepted"),
            }
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = BrokerUri::parse(&text);
            let _ = BrokerUri::parse(&format!("amqp://{text}"));
        }

        #[test]
        fn a_uri_that_is_nearly_right_shows_no_password(
            host in prop::sample::select(vec!["h", "localhost", "127.0.0.1", "[::1]", "[", ""]),
            rest in "(:[0-9]{0,6})?(/[a-z%2f]{0,6})?([?][a-z_=0-9&]{0,12})?",
            // One change only: with two, the password may become a valid host.
            slip in proptest::option::of((any::<prop::sample::Index>(), "[ -~]")),
        ) {
            let mut text = format!("amqp://user:s3cret@{host}{rest}");
            if let Some((place, change)) = slip {
                let place = place.index(text.len());
                text.replace_range(place..=place, &change);
            }
            let shown = match BrokerUri::parse(&text) {
                Ok(uri) => uri.endpoint(),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains("s3cret"), "{}: {}", text, shown);
        }
    }
}
