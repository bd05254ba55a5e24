//! The URL of a broker, whose password is never printed.

use std::fmt;

/// The URL of a broker. `Debug` and `Display` leave its password out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BrokerUrl(String);

impl BrokerUrl {
    /// It is checked when connecting.
    pub(crate) fn new(url: &str) -> Self {
        Self(url.trim().to_owned())
    }

    /// The whole URL, with the password: for connecting, never for printing.
    pub(crate) fn secret_text(&self) -> &str {
        &self.0
    }

    /// The same without a password: a name of the broker and its user.
    pub(crate) fn without_password(&self) -> String {
        let Some((start, end)) = self.user_info() else { return self.0.clone() };
        let user = self.0[start..end].split(':').next().unwrap_or_default();
        format!("{}{user}{}", &self.0[..start], &self.0[end..])
    }

    pub(crate) fn has_password(&self) -> bool {
        self.user_info().is_some_and(|(start, end)| self.0[start..end].contains(':'))
    }

    /// The same with this password, in place of one that it has.
    pub(crate) fn with_password(&self, password: &str) -> Self {
        let password = percent_encoded(password);
        let (start, end) = self.user_info().unwrap_or_else(|| {
            let start = self.authority().0;
            (start, start)
        });
        let user = self.0[start..end].split(':').next().unwrap_or_default();
        let user = if user.is_empty() { "guest" } else { user };
        let rest = self.0[end..].strip_prefix('@').unwrap_or(&self.0[end..]);
        Self(format!("{}{user}:{password}@{rest}", &self.0[..start]))
    }

    /// Where host and user information stand.
    fn authority(&self) -> (usize, usize) {
        let start = self.0.find("://").map_or(0, |position| position + 3);
        let end = self.0[start..].find(['/', '?', '#']).map_or(self.0.len(), |position| start + position);
        (start, end)
    }

    /// Where user and password stand. A password that is not encoded may have a `/` or an `@`: what precedes the last
    /// `@` of all is hidden as well.
    fn user_info(&self) -> Option<(usize, usize)> {
        let (start, end) = self.authority();
        let at = self.0[start..end].rfind('@').or_else(|| self.0[start..].rfind('@'))?;
        Some((start, start + at))
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((start, end)) = self.user_info() else { return formatter.write_str(&self.0) };
        let (before, after) = (&self.0[..start], &self.0[end..]);
        match self.0[start..end].split_once(':') {
            Some((user, _)) => write!(formatter, "{before}{user}:***{after}"),
            None => formatter.write_str(&self.0),
        }
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BrokerUrl({self})")
    }
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        for url in [
            "amqp://me:secret@host:5672/vhost",
            "amqps://me:secret@host",
            "me:secret@host",
            "amqp://me:sec/secret@host/v",
            "amqp://:secret@host",
        ] {
            let url = BrokerUrl::new(url);
            assert!(url.has_password(), "{url}");
            assert!(!format!("{url} {url:?}").contains("secret"), "{url}");
            assert!(url.to_string().contains("host"), "{url}");
            assert!(!url.without_password().contains("secret"), "{url}");
        }
        for url in ["amqp://host", "amqp://me@host:5672/v%2f", "amqp://[::1]:5672"] {
            let plain = BrokerUrl::new(url);
            assert!(!plain.has_password());
            assert_eq!(plain.to_string(), url);
        }
    }

    #[test]
    fn a_password_is_put_in_encoded() {
        for (url, expected) in [
            ("amqp://me@host/v?heartbeat=5", "amqp://me:p%40%2Fw@host/v?heartbeat=5"),
            ("amqp://me:old@host", "amqp://me:p%40%2Fw@host"),
            ("amqp://host:5672", "amqp://guest:p%40%2Fw@host:5672"),
        ] {
            assert_eq!(BrokerUrl::new(url).with_password("p@/w").secret_text(), expected);
        }
    }
}
