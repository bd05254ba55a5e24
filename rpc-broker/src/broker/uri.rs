//! AMQP URIs for clients.

use std::{fmt::Write, net::SocketAddr};

/// Builds an AMQP URI. Without a virtual host it has no path, which every client reads as `/`.
pub(super) fn of(address: SocketAddr, user: &str, password: &str, vhost: Option<&str>) -> String {
    let path = vhost.map(|vhost| format!("/{}", escaped(vhost))).unwrap_or_default();
    format!("amqp://{}:{}@{address}{path}", escaped(user), escaped(password))
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a String takes everything");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_special_characters_are_escaped() {
        let address = ([127, 0, 0, 1], 5672).into();
        assert_eq!(of(address, "a@b", "p:/", Some("x/y")), "amqp://a%40b:p%3A%2F@127.0.0.1:5672/x%2Fy");
        assert_eq!(of(address, "a", "b", None), "amqp://a:b@127.0.0.1:5672");
    }
}
