//! A user and a password that may change while connections are open.

use std::{fmt, sync::Arc};

use tokio::sync::watch;

/// A user and a password for one or more connections, for brokers whose passwords or tokens expire.
///
/// Clones share the password: pass them to the [`ConnectOptions`](crate::ConnectOptions) of clients and
/// servers, and [`update`](Self::update) any of them.
///
/// ```
/// # extern crate amqp_rpc_transport as amqp_rpc;
/// use amqp_rpc::{ConnectOptions, Credentials};
///
/// let credentials = Credentials::new("orders", "a token");
/// let options = ConnectOptions::new("amqp://rabbit-1/shop").credentials(&credentials);
/// // … clients and servers connect with `options`; then, before the token expires:
/// credentials.update("the next token");
/// # let _ = options;
/// ```
#[derive(Clone)]
pub struct Credentials {
    user: Arc<str>,
    secret: Arc<watch::Sender<Secret>>,
}

impl Credentials {
    /// Creates credentials from a user and a password, or a token where the broker accepts tokens as
    /// passwords.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into().into(), secret: Arc::new(watch::Sender::new(Secret::new(password))) }
    }

    /// The user's name, which never changes.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Replaces the password. It is sent to the broker on every open connection that uses these credentials,
    /// and later connections log in with it. Returns without waiting for the broker.
    ///
    /// LavinMQ closes a connection on which it gets a new password, but accepts a new token. There only a JSON
    /// Web Token is sent on open connections; a password is used at the next login.
    ///
    /// The broker decides what happens to an open connection. A broker that accepts tokens needs the new one
    /// before the old one expires. It closes a connection whose new token it refuses; this is logged. A
    /// broker that stores the password itself checks it only at the next login.
    pub fn update(&self, password: impl Into<String>) {
        self.secret.send_replace(Secret::new(password));
    }

    /// A watch on the password and its changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Secret> {
        self.secret.subscribe()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A password or a token. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub(crate) struct Secret(Arc<str>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The secret itself, only to be sent to the broker.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let credentials = Credentials::new("ada", "marker");
        let shown = format!("{credentials:?} {:?} {:?}", credentials.subscribe(), Secret::new("marker"));
        assert!(shown.contains("ada") && !shown.contains("marker"), "{shown}");
    }

    #[test]
    fn clones_share_the_password() {
        let credentials = Credentials::new("ada", "old");
        let mut watch = credentials.clone().subscribe();
        credentials.update("new");
        assert!(watch.has_changed().unwrap());
        assert_eq!(watch.borrow_and_update().reveal(), "new");
    }
}
