//! Generated names, and the names of queues and exchanges in reply texts.

use std::fmt;

use amq_protocol::types::ShortString;

/// Generates 22 unguessable characters, for queue names, consumer tags and reply addresses.
pub(in crate::vhost) fn unguessable() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = uuid::Uuid::new_v4().as_u128();
    let characters = (0..22).map(|_| {
        let index = usize::try_from(bits & 63).expect("six bits fit");
        bits >>= 6;
        char::from(ALPHABET[index])
    });
    characters.collect()
}

/// Generates a name: `{prefix}-{22 characters}`.
pub(in crate::vhost) fn server_named(prefix: &str) -> ShortString {
    format!("{prefix}-{}", unguessable()).into()
}

/// Removes line breaks, as RabbitMQ does from names of queues and exchanges.
pub(in crate::vhost) fn without_line_breaks(name: &ShortString) -> ShortString {
    if name.as_str().contains(['\n', '\r']) {
        name.as_str().replace(['\n', '\r'], "").into()
    } else {
        name.clone()
    }
}

/// A queue or an exchange in a reply text, as RabbitMQ prints it: "queue 'q' in vhost '/'".
#[derive(Clone, Copy, Debug)]
pub(in crate::vhost) struct Resource<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) vhost: &'a str,
}

impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, vhost } = self;
        write!(f, "{kind} '{name}' in vhost '{vhost}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_differ_and_fit_into_urls() {
        let (one, other) = (unguessable(), unguessable());
        assert_ne!(one, other);
        assert_eq!(one.len(), 22);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{one}");
    }
}
