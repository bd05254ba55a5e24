//! The message that is being written or read: what gives the secrets in it their keys.
//!
//! serde has no way to pass a key to a `Serialize` deep inside a value. The codecs are synchronous, so the
//! runtime sets the scope of the thread around each of them. Where it is not set, secrets are neither written
//! nor read.

use std::{cell::RefCell, fmt, sync::Arc};

use zeroize::Zeroizing;

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn SecretScope>>> = const { RefCell::new(None) };
}

/// The keys and the rules for the secrets of one message.
pub trait SecretScope: Send + Sync {
    /// How secrets are written and read.
    fn writing(&self) -> Writing;

    /// Encrypts a value, and returns the token.
    ///
    /// # Errors
    /// When the rules forbid it.
    fn encrypt(&self, value: &[u8]) -> Result<String, SecretError>;

    /// Decrypts a token.
    ///
    /// # Errors
    /// When it is none, or not one for this message.
    fn decrypt(&self, token: &str) -> Result<Decrypted, SecretError>;
}

/// How the secrets of a message are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// Encrypted, the value as JSON.
    Json,
    /// Encrypted, the value without quotes if it is a text, else as JSON.
    Bare,
    /// Not encrypted, because the program has said so.
    Plaintext,
}

/// A value that was decrypted.
pub struct Decrypted {
    /// The decrypted bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Where the value begins in them.
    pub start: usize,
    /// A text has no quotes.
    pub is_bare: bool,
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decrypted([REDACTED])")
    }
}

/// Why a secret was not written or read. Never quotes the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretError(pub &'static str);

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for SecretError {}

/// Runs `run`, a codec, with the keys of a message.
pub fn within<T>(scope: Arc<dyn SecretScope>, run: impl FnOnce() -> T) -> T {
    let _restored = Restored(CURRENT.replace(Some(scope)));
    run()
}

/// Runs `run`, the codec of a message without keys. It may run inside of another codec: a `Serialize` of a
/// user may make a call.
pub fn without<T>(run: impl FnOnce() -> T) -> T {
    let _restored = CURRENT.with_borrow(Option::is_some).then(|| Restored(CURRENT.take()));
    run()
}

/// Puts back the scope that was set before, also when the codec panics.
struct Restored(Option<Arc<dyn SecretScope>>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The scope of the message that this thread writes or reads.
pub(super) fn current() -> Result<Arc<dyn SecretScope>, SecretError> {
    let scope = CURRENT.with_borrow(Clone::clone);
    scope.ok_or(SecretError(
        "a secret travels only with a keyring: set one with `keyring` on the client and on the server",
    ))
}
