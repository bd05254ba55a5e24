//! Parses the responses of the login mechanisms PLAIN and AMQPLAIN.

use std::fmt;

use bytes::Bytes;

use crate::properties::Table;

/// A user name and a password.
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The error for a malformed response. The response may hold a password, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response is not what {mechanism} asks for")]
pub(crate) struct MalformedResponse {
    mechanism: &'static str,
}

/// Parses a zero byte, the user name, a zero byte and the password.
pub(crate) fn plain(response: &[u8]) -> Result<Credentials, MalformedResponse> {
    let malformed = MalformedResponse { mechanism: "PLAIN" };
    let [0, rest @ ..] = response else { return Err(malformed) };
    let end = rest.iter().position(|byte| *byte == 0).ok_or(malformed)?;
    let (user, password) = (&rest[..end], &rest[end + 1..]);
    if password.contains(&0) {
        return Err(malformed);
    }
    credentials(user, password).ok_or(malformed)
}

/// Parses a table without its length, with `LOGIN` and `PASSWORD`.
pub(crate) fn amqplain(response: &[u8]) -> Result<Credentials, MalformedResponse> {
    let malformed = MalformedResponse { mechanism: "AMQPLAIN" };
    let table = Table::parse(Bytes::copy_from_slice(response)).map_err(|_| malformed)?;
    let field = |name| table.get(name).and_then(crate::properties::Value::as_long_string);
    let (Some(user), Some(password)) = (field("LOGIN"), field("PASSWORD")) else { return Err(malformed) };
    credentials(user, password).ok_or(malformed)
}

fn credentials(user: &[u8], password: &[u8]) -> Option<Credentials> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    Some(Credentials { user: text(user)?, password: text(password)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(credentials: Result<Credentials, MalformedResponse>) -> Option<(String, String)> {
        credentials.ok().map(|credentials| (credentials.user, credentials.password))
    }

    #[test]
    fn plain_separates_by_zero_bytes() {
        assert_eq!(pair(plain(b"\0guest\0secret")), Some(("guest".into(), "secret".into())));
        assert_eq!(pair(plain(b"\0\0")), Some((String::new(), String::new())));
        for malformed in
            [&b""[..], b"guest\0secret", b"\0guest", b"other\0guest\0secret", b"\0a\0b\0c", b"\0\xFF\0a"]
        {
            assert_eq!(pair(plain(malformed)), None, "{malformed:?}");
        }
    }

    #[test]
    fn amqplain_is_a_table_without_length() {
        let response = b"\x05LOGINS\0\0\0\x05guest\x08PASSWORDS\0\0\0\x06secret";
        assert_eq!(pair(amqplain(response)), Some(("guest".into(), "secret".into())));
        for malformed in [&b""[..], &response[..20], b"\x05LOGINS\0\0\0\x05guest", b"\x05LOGINI\0\0\0\x05"] {
            assert_eq!(pair(amqplain(malformed)), None, "{malformed:?}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let shown = format!("{:?}", plain(b"\0guest\0secret"));
        assert!(shown.contains("guest") && !shown.contains("secret"), "{shown}");
    }
}
