//! The store of one process.

mod attempts;
mod ended;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;

use self::{attempts::Attempts, ended::EndedAttempts};
use super::{Attempt, Begun, IdempotencyKey, IdempotencyStore, StoreFuture};

/// Stores keys and replies in the memory of this process, for at most as many bytes as it was given.
///
/// Clones share the store: give one to each server of the process. A repeat that comes to another process runs again,
/// and so does one that comes after a restart: use it where all requests of a queue come to one process, and a restart
/// is a risk to take.
///
/// When it is full, the replies that were asked for least recently are forgotten before their time
/// ([`evicted`](Self::evicted)), and their repeats run again. Calls that run are never forgotten: the concurrency of the
/// servers bounds them.
#[derive(Clone)]
pub struct MemoryStore(Arc<Attempts>);

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// A store of 64 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(64 * 1024 * 1024)
    }

    /// A store of as many bytes, and of 4 KiB at least: keys, replies, and about 256 bytes for each.
    ///
    /// A reply that takes more than a quarter of it is not stored: its repeats are answered `reply_too_large`, as those
    /// of a reply above [`max_reply_bytes`](crate::idempotency::IdempotencyOptions::max_reply_bytes).
    #[must_use]
    pub fn with_capacity(bytes: u64) -> Self {
        Self(Arc::new(Attempts::new(EndedAttempts::new(bytes))))
    }

    /// How many replies were forgotten before their time, because the store was full.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.0.ended.evicted()
    }

    /// How many bytes the replies take, with their keys.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.ended.bytes()
    }
}

impl IdempotencyStore for MemoryStore {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, Begun> {
        Box::pin(async { Ok(self.0.begin(attempt)) })
    }

    fn extend<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(async {
            self.0.extend(attempt);
            Ok(())
        })
    }

    fn complete<'a>(&'a self, attempt: &'a Attempt, reply: Bytes) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.0.complete(attempt, reply);
            Ok(())
        })
    }

    fn release<'a>(&'a self, attempt: &'a Attempt) -> StoreFuture<'a, ()> {
        Box::pin(async {
            self.0.release(attempt);
            Ok(())
        })
    }

    fn until_changed<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        _: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(self.0.until_changed(key))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}
