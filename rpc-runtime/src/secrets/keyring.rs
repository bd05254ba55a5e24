//! The keys, and how secrets are written and read with them.

use std::{fmt, time::Duration};

use amqp_rpc_contract::{Secret, private::Writing};
use fernet::Fernet;
use zeroize::Zeroizing;

use super::{
    label,
    token::{self, InvalidToken},
};

/// The keys of the secrets that a client or a server writes and reads.
///
/// Secrets are [Fernet](https://github.com/fernet/spec) tokens, as those of Python's package `cryptography`.
/// A token is bound to the method that it was sent to, and in a reply also to the call; see
/// docs/wire-protocol.md. A program that does not know this binding writes and reads *bare* tokens, which
/// contain the value alone: [`accept_bare`](Self::accept_bare) and [`write_bare`](Self::write_bare).
///
/// Each keyring overwrites its own copy of the keys in memory when it is dropped. The crates that encrypt may leave
/// copies, and the text that a keyring was made of is the caller's. `Debug` does not show keys.
#[derive(Clone)]
#[must_use = "a keyring does nothing until it is given to a client or a server"]
pub struct Keyring {
    keys: Vec<Fernet>,
    ttl: Option<Duration>,
    pub(super) accepts_bare: bool,
    pub(super) requires_seals: bool,
    writing: Writing,
    pub(super) protected_names: Vec<String>,
}

impl Keyring {
    /// A keyring with one key: 32 random bytes in base64 for URLs, as [`generate_key`](Self::generate_key) or
    /// Python's `Fernet.generate_key()` returns it.
    ///
    /// # Errors
    /// When the key is not that.
    pub fn new(key: &str) -> Result<Self, InvalidKey> {
        Self::of_keys([key])
    }

    /// A keyring with several keys. The first encrypts; all of them decrypt.
    ///
    /// To replace a key without a failed call, give all programs `[old, new]`, then all `[new, old]`, then all
    /// `[new]`.
    ///
    /// # Errors
    /// When a key is not what [`new`](Self::new) takes, or there is none.
    pub fn of_keys<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Result<Self, InvalidKey> {
        let keys = keys
            .into_iter()
            .enumerate()
            .map(|(index, key)| Fernet::new(key.as_ref()).ok_or(InvalidKey { index: Some(index) }));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(InvalidKey { index: None });
        }
        Ok(Self::with(keys, Writing::Json))
    }

    /// A keyring without keys: **secrets travel as they are**, readable for all who can read the broker's
    /// messages. For tests and for networks where the broker is trusted. Logs and `Debug` still show no
    /// secret.
    ///
    /// Both sides must have it: a token is not decrypted, and a plain value is not accepted as a token.
    pub fn without_encryption() -> Self {
        Self::with(Vec::new(), Writing::Plaintext)
    }

    fn with(keys: Vec<Fernet>, writing: Writing) -> Self {
        Self {
            keys,
            ttl: None,
            accepts_bare: false,
            requires_seals: false,
            writing,
            protected_names: Vec::new(),
        }
    }

    /// A new random key. The text is not overwritten when it is dropped.
    #[must_use]
    pub fn generate_key() -> String {
        Fernet::generate_key()
    }

    /// Refuses tokens that are older than this, in whole seconds: a part of a second is rounded up. Default:
    /// tokens do not expire, since a notification may wait in its queue for long.
    ///
    /// The time of a token is that when its call was prepared, also for later attempts. A dead letter that is
    /// older than this cannot be run again.
    ///
    /// The age is the difference of two clocks: that of the program that wrote the token, and that of this
    /// one. A token from the future is accepted up to 60 seconds, with or without a time to live; so a clock
    /// that is fast lengthens the life of a token by at most that.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Also reads bare tokens, which contain the value alone: from programs that do not bind them. Default:
    /// they are refused, because a bare token can be copied from one message to another.
    ///
    /// In a bare token a text has no quotes, and any other value is JSON.
    pub fn accept_bare(mut self) -> Self {
        self.accepts_bare = true;
        self
    }

    /// Refuses secrets of requests that have no seal: those of programs that do not make seals, and all bare
    /// tokens. Default: they are read, and can be copied into other requests of their method. It matters to
    /// servers; replies have no seal.
    pub fn require_seals(mut self) -> Self {
        self.requires_seals = true;
        self
    }

    /// Writes bare tokens: for receivers that do not bind them. Default: tokens are bound.
    pub fn write_bare(mut self) -> Self {
        if self.writing == Writing::Json {
            self.writing = Writing::Bare;
        }
        self
    }

    /// Demands that members of these names, at the top of any request, hold nothing but tokens, whatever the
    /// contract says: texts, and texts in lists and objects. `null` is allowed. Default: no names.
    ///
    /// A client does not send a request that breaks this. A server answers one with `bad_request`. It holds
    /// for untyped calls and methods as well; see [`LEGACY_NAMES`](super::LEGACY_NAMES). Every request is read
    /// a second time for it. Parameters of typed methods must come with names: a list in their place is
    /// refused.
    pub fn protect_names<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.protected_names.extend(names.into_iter().map(|name| name.as_ref().to_owned()));
        self
    }

    /// Encrypts a text as a bare token, for [`Client::call_json`](crate::Client::call_json).
    ///
    /// # Errors
    /// [`InvalidToken::LikeBound`] and [`InvalidToken::NoKey`].
    pub fn encrypt(&self, text: &Secret<String>) -> Result<String, InvalidToken> {
        let text = text.expose_secret().as_bytes();
        self.encrypt_bare(text)
    }

    /// Decrypts a bare token with a text, such as a [raw method](crate::Server::raw) receives.
    ///
    /// # Errors
    /// When it is not encrypted with one of the keys, has expired, is bound, or is not a text.
    pub fn decrypt(&self, token: &str) -> Result<Secret<String>, InvalidToken> {
        let bytes = self.open(token)?;
        if label::is_labelled(&bytes) {
            return Err(InvalidToken::Bound);
        }
        let text = str::from_utf8(&bytes).map_err(|_| InvalidToken::NotText)?;
        Ok(Secret::from(text))
    }

    pub(super) fn writing(&self) -> Writing {
        self.writing
    }

    /// Encrypts a value alone.
    pub(super) fn encrypt_bare(&self, value: &[u8]) -> Result<String, InvalidToken> {
        if label::is_labelled(value) {
            return Err(InvalidToken::LikeBound);
        }
        let key = self.keys.first().ok_or(InvalidToken::NoKey)?;
        Ok(key.encrypt(value))
    }

    /// Encrypts a label and a value. `None` without keys.
    pub(super) fn encrypt_labelled(&self, label: &[u8], value: &[u8]) -> Option<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(label.len() + value.len()));
        bytes.extend_from_slice(label);
        bytes.extend_from_slice(value);
        Some(self.keys.first()?.encrypt(&bytes))
    }

    pub(super) fn open(&self, token: &str) -> Result<Zeroizing<Vec<u8>>, InvalidToken> {
        token::decrypt(&self.keys, token, self.ttl)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("keys", &self.keys.len())
            .field("ttl", &self.ttl)
            .field("accepts_bare", &self.accepts_bare)
            .field("requires_seals", &self.requires_seals)
            .field("writing", &self.writing)
            .field("protected_names", &self.protected_names)
            .finish()
    }
}

/// A key is not 32 bytes in base64 for URLs, or there is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKey {
    index: Option<usize>,
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => {
                write!(f, "key {index} of the keyring is not a Fernet key: 32 bytes in base64 for URLs")
            }
            None => f.write_str("a keyring needs a key"),
        }
    }
}

impl std::error::Error for InvalidKey {}
