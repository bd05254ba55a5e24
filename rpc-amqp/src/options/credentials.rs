//! A user's name and a password that may change while connections live.

use std::{fmt, sync::Arc};

use tokio::sync::watch;

/// User and password of one or many connections, for brokers whose passwords or tokens expire.
///
/// Clones share the password: give them to the [`ConnectOptions`](crate::ConnectOptions) of clients and servers and
/// [`update`](Self::update) any of them.
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
    /// User and password, or a user and a token where the broker takes tokens for passwords.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into().into(), secret: Arc::new(watch::Sender::new(Secret::new(password))) }
    }

    /// The user's name, which never changes.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Replaces the password: it is told to the broker on every live connection that uses these credentials, and every later
    /// connection logs in with it. Returns at once.
    ///
    /// What a live connection becomes is the broker's decision. Brokers that take tokens need the new one before the old one
    /// expires, and close a connection whose new token they refuse, which is logged; where the password is one that the broker
    /// keeps itself, it only matters at the next login.
    pub fn update(&self, password: impl Into<String>) {
        self.secret.send_replace(Secret::new(password));
    }

    /// The password, and every later one.
    pub(crate) fn follow(&self) -> watch::Receiver<Secret> {
        self.secret.subscribe()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A password or a token. Shown to nobody.
#[derive(Clone)]
pub(crate) struct Secret(Arc<str>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// For the broker alone.
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
        let shown = format!("{credentials:?} {:?} {:?}", credentials.follow(), Secret::new("marker"));
        assert!(shown.contains("ada") && !shown.contains("marker"), "{shown}");
    }

    #[test]
    fn clones_share_the_password() {
        let credentials = Credentials::new("ada", "old");
        let mut followed = credentials.clone().follow();
        credentials.update("new");
        assert!(followed.has_changed().unwrap());
        assert_eq!(followed.borrow_and_update().reveal(), "new");
    }
}
