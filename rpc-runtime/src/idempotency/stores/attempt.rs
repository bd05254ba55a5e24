//! A request of a deduplicated method, as a store sees it.

use std::{fmt, time::Duration};

use uuid::Uuid;

/// The key of a call in a store: the exchange of its method, the method, and the idempotency key that the caller
/// chose. Calls of different namespaces and methods never share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// The key of a call of `method`, such as `fib.compute`, which is published to `exchange`.
    #[must_use]
    pub fn new(exchange: &str, method: &str, key: &str) -> Self {
        // Names of exchanges and methods have no control characters, so no two calls have the same text.
        Self([exchange, method, key].join("\n").into())
    }

    /// As a text: exchange, method and the caller's key, separated by newlines. At most 767 bytes of UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The method.
    pub(crate) fn method(&self) -> &str {
        self.0.split('\n').nth(1).unwrap_or_default()
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One attempt to run the method for a key. Each request that a server receives is an attempt of its own.
#[derive(Clone, Debug)]
pub struct Attempt {
    key: IdempotencyKey,
    fingerprint: [u8; 32],
    holder: Box<str>,
    lease: Duration,
    ttl: Duration,
}

impl Attempt {
    /// An attempt with a holder of its own. Servers make them; tests of a store may as well.
    #[must_use]
    pub fn new(key: IdempotencyKey, fingerprint: [u8; 32], lease: Duration, ttl: Duration) -> Self {
        Self { key, fingerprint, holder: Uuid::new_v4().to_string().into(), lease, ttl }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &IdempotencyKey {
        &self.key
    }

    /// The hash of the request. Two requests with one key and different hashes are different requests.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The name of this attempt, which no other has: a UUID.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// How long the attempt counts as running after it began, or was extended.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// How long a key is stored.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        self.ttl
    }
}
