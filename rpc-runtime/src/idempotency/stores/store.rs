//! The trait of stores.

use std::{error::Error, fmt, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;

use super::{Attempt, IdempotencyKey};

/// The future of an operation of a store.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Stores which calls of deduplicated methods run, and their replies.
///
/// A key is in one of these states:
///
/// | state | from | to |
/// |---|---|---|
/// | unknown | [`release`](Self::release), the end of the time to live | running by `begin` |
/// | running, held by one attempt until its lease ends | [`begin`](Self::begin), [`extend`](Self::extend) | replied, unknown, abandoned |
/// | abandoned: the lease has ended | time | replied, if the holder is alive after all |
/// | replied | [`complete`](Self::complete) | unknown, after the time to live |
///
/// Each operation is atomic: of two attempts that begin at once, one gets [`Begun::Started`]. A key is stored for at
/// least [`Attempt::ttl`] from the last operation that changed it, also when it is abandoned, and the lease is measured
/// with one clock: that of the store, or one that all its users share. An operation of an attempt may be made twice,
/// where an answer was lost: it has the same effect as once.
///
/// Servers bound each operation in time ([`IdempotencyOptions::store_timeout`](crate::idempotency::IdempotencyOptions)) and drop its
/// future then. [`conformance`](crate::idempotency::conformance) tests all of this.
pub trait IdempotencyStore: Send + Sync + 'static {
    /// Begins the attempt, unless another one is known for its key. For an attempt that holds the key already, it is
    /// [`Begun::Started`] again.
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, Begun>;

    /// Extends the lease of a running attempt: from now, by [`Attempt::lease`]. An abandoned one runs again then. Has no
    /// effect on a key that another attempt holds.
    fn extend<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()>;

    /// Stores the reply of the attempt, also if its lease has ended, and also if the key is unknown by now. Has no effect
    /// on a key that another attempt holds.
    fn complete<'a>(&'a self, attempt: &'a Attempt, reply: Bytes) -> StoreFuture<'a, ()>;

    /// Forgets an attempt that has not run the method, so that another one can begin. Has no effect on a key that another
    /// attempt holds, or that has a reply.
    fn release<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()>;

    /// Waits until the state of a running key may have changed. It may end too early at any time, and should not end
    /// much too late: a repeat waits for it. `polls` counts how often this repeat has waited before.
    ///
    /// By default, it sleeps for 10 ms, then twice as long each time, up to 500 ms.
    fn until_changed<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        polls: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let _ = key;
        const LONGEST: Duration = Duration::from_millis(500);
        let pause = Duration::from_millis(10).saturating_mul(1 << polls.min(6));
        Box::pin(tokio::time::sleep(pause.min(LONGEST)))
    }
}

/// The answer of a store to an attempt to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The attempt holds the key now: the method may run.
    Started,
    /// An earlier attempt has this reply, as [`IdempotencyStore::complete`] was given it.
    Replied(Bytes),
    /// Another attempt runs.
    InProgress,
    /// Another attempt ran, and its lease has ended without a reply: the method may have run in part.
    Abandoned,
    /// The key is known for a request with another fingerprint.
    OtherRequest,
}

/// An operation of a store failed. It may have had its effect.
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// The error of the store, or a text.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the idempotency store failed: {}", self.0)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreError").field(&self.0).finish()
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
