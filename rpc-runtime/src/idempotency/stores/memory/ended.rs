//! Attempts that do not run any more, in a bounded cache.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use moka::{Expiry, notification::RemovalCause, policy::EvictionPolicy, sync::Cache};
use tokio::time::Instant;

use crate::idempotency::{
    stored_reply,
    stores::{Attempt, IdempotencyKey},
};

/// What a key takes in memory besides its text and its reply, about: the entries of two maps, and their allocations.
const OVERHEAD_BYTES: usize = 256;

/// A store has room for the longest key with the longest outcome that is not a reply.
const MIN_BYTES: u64 = 4096;

/// A reply may take this share of the store. A larger one would push out many others, or not be stored at all.
const LARGEST_SHARE: u64 = 4;

/// What was inserted is counted by the cache at the latest when it takes this share of the store.
const UNCOUNTED_SHARE: u64 = 16;

/// A hundred years: clocks cannot count as far as `Duration::MAX`.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The keys of attempts that have ended, within a bound of bytes.
pub(super) struct EndedAttempts {
    cache: Cache<IdempotencyKey, Arc<Ended>>,
    evicted: Arc<AtomicU64>,
    bytes: u64,
    /// The weight of what was inserted since the cache last evicted what is too much: that costs more than an insertion.
    uncounted: AtomicU64,
}

/// A key whose attempt does not run any more.
pub(super) struct Ended {
    pub(super) holder: Box<str>,
    pub(super) fingerprint: [u8; 32],
    /// `None` if it was abandoned.
    pub(super) reply: Option<Bytes>,
    ttl: Duration,
    /// By tokio's clock, which tests may pause; the cache frees the memory by its own.
    expires_at: Option<Instant>,
}

impl Ended {
    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

impl EndedAttempts {
    pub(super) fn new(bytes: u64) -> Self {
        let bytes = bytes.max(MIN_BYTES);
        let evicted = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&evicted);
        let cache = Cache::builder()
            .max_capacity(bytes - bytes / UNCOUNTED_SHARE)
            // The default policy would rather keep what was asked for often, and refuse what is new.
            .eviction_policy(EvictionPolicy::lru())
            .weigher(|key: &IdempotencyKey, ended: &Arc<Ended>| weight(key, ended))
            .expire_after(ByTimeToLive)
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build();
        Self { cache, evicted, bytes, uncounted: AtomicU64::new(0) }
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.cache.run_pending_tasks();
        self.cache.weighted_size()
    }

    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<Arc<Ended>> {
        self.cache.get(key)
    }

    pub(super) fn remove(&self, key: &IdempotencyKey) {
        self.cache.invalidate(key);
    }

    /// `reply`: `None` if the attempt was abandoned.
    pub(super) fn insert(&self, attempt: &Attempt, reply: Option<Bytes>, now: Instant) {
        let is_large =
            |reply: &Bytes| bytes_of(attempt.key(), Some(reply)) as u64 > self.bytes / LARGEST_SHARE;
        let reply = reply.map(|reply| match is_large(&reply) {
            true => stored_reply::too_large(reply.len()),
            // A part of a larger buffer would keep all of it.
            false => Bytes::copy_from_slice(&reply),
        });
        let weight = bytes_of(attempt.key(), reply.as_ref()) as u64;
        let ended = Ended {
            holder: attempt.holder().into(),
            fingerprint: *attempt.fingerprint(),
            reply,
            ttl: attempt.ttl(),
            expires_at: now.checked_add(attempt.ttl()),
        };
        self.cache.insert(attempt.key().clone(), Arc::new(ended));
        // The cache evicts by itself, but not at once: the bound holds at any time.
        if self.uncounted.fetch_add(weight, Ordering::Relaxed) + weight >= self.bytes / UNCOUNTED_SHARE {
            self.uncounted.store(0, Ordering::Relaxed);
            self.cache.run_pending_tasks();
        }
    }
}

fn weight(key: &IdempotencyKey, ended: &Ended) -> u32 {
    u32::try_from(bytes_of(key, ended.reply.as_ref())).unwrap_or(u32::MAX)
}

fn bytes_of(key: &IdempotencyKey, reply: Option<&Bytes>) -> usize {
    // The key is in the map, and the holder is a UUID.
    key.as_str().len() + reply.map_or(0, Bytes::len) + OVERHEAD_BYTES
}

struct ByTimeToLive;

impl Expiry<IdempotencyKey, Arc<Ended>> for ByTimeToLive {
    fn expire_after_create(
        &self,
        _: &IdempotencyKey,
        ended: &Arc<Ended>,
        _: std::time::Instant,
    ) -> Option<Duration> {
        Some(ended.ttl.min(LONGEST))
    }

    fn expire_after_update(
        &self,
        _: &IdempotencyKey,
        ended: &Arc<Ended>,
        _: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(ended.ttl.min(LONGEST))
    }
}
