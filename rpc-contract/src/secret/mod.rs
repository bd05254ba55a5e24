//! Values that travel encrypted.

mod bare;
mod plaintext;
#[cfg(feature = "schema")]
mod schema;
mod scope;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroize;

pub use scope::{Decrypted, SecretError, SecretScope, Writing, within, without};

/// A value that nobody but its sender and its receiver sees: a password, a key, a token.
///
/// In a message it is a [Fernet](https://github.com/fernet/spec) token, which the keyring of the client or the
/// server has encrypted. It may stand wherever a value does: as a parameter, as a field of any type, in a
/// list, in a result, in an error, with any codec. Without a keyring it is neither written nor read: the call
/// fails with an error, and the value is not sent.
///
/// `Debug` shows no value, and there is no `Display`. The value is overwritten in memory when it is dropped;
/// copies that were made of it are not.
///
/// Its `Serialize` and `Deserialize` work only in messages of this library. Elsewhere they fail, so that a
/// secret does not get into a file or a log by being a field of something else.
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::Secret;
///
/// let password = Secret::from("hunter2");
/// assert_eq!(format!("{password:?}"), "Secret([REDACTED])");
/// assert_eq!(password.expose_secret(), "hunter2");
/// assert!(serde_json::to_string(&password).is_err());
/// ```
pub struct Secret<T: SecretValue>(SecretBox<T>);

/// A type whose values can be secrets: every type that implements `Zeroize` of the crate zeroize.
///
/// The trait exists so that the compiler reports a missing derive in one sentence about the user's type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a `Secret`: its values cannot be overwritten in memory",
    label = "needs `zeroize::Zeroize`",
    note = "add the crate zeroize with its feature `derive`, and `#[derive(zeroize::Zeroize)]` to `{Self}`"
)]
pub trait SecretValue: Zeroize {}

#[diagnostic::do_not_recommend]
impl<T: Zeroize> SecretValue for T {}

impl<T: SecretValue> Secret<T> {
    /// Makes a secret of a value.
    ///
    /// A `String` or a `Vec` is moved and not copied. Of a value without an allocation of its own, such as an
    /// array, a copy may stay on the stack.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(SecretBox::new(Box::new(value)))
    }

    /// The value.
    #[must_use]
    pub fn expose_secret(&self) -> &T {
        self.0.expose_secret()
    }
}

impl<T: SecretValue> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}

impl<T: SecretValue + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self::new(self.expose_secret().clone())
    }
}

impl<T: SecretValue + Default> Default for Secret<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: SecretValue> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}
