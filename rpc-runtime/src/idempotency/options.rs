//! The options of deduplication.

use std::time::Duration;

/// Times and limits of deduplicated methods; for [`Server::idempotency_store_with`](crate::Server).
#[derive(Clone, Debug)]
#[must_use]
pub struct IdempotencyOptions {
    pub(crate) ttl: Duration,
    pub(crate) lease: Duration,
    pub(crate) store_timeout: Duration,
    pub(crate) max_waiting: usize,
    pub(crate) max_reply_bytes: usize,
}

impl Default for IdempotencyOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl IdempotencyOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            ttl: Duration::from_secs(24 * 60 * 60),
            lease: Duration::from_secs(30),
            store_timeout: Duration::from_secs(1),
            max_waiting: 64,
            max_reply_bytes: 1024 * 1024,
        }
    }

    /// How long a key is stored, from its reply on. A repeat that comes later runs the method again. At least twice the
    /// lease. Default 24 hours.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// How long a call counts as running after its server was last heard of: it reports to the store three times in that
    /// time. When a server dies, repeats wait for the rest of it, and are then answered `maybe_executed`. Must be much
    /// longer than a pause of the process or of the store. Default 30 s.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// The time that an operation of the store may take. Default 1 s.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.store_timeout = timeout;
        self
    }

    /// The most calls of this server that wait at once for the reply of a running call with their key. They count towards
    /// [`Server::concurrency`](crate::Server::concurrency). Further ones are answered `in_progress`. Notifications wait
    /// in any case: they would become dead letters. Default 64.
    pub fn max_waiting(mut self, calls: usize) -> Self {
        self.max_waiting = calls;
        self
    }

    /// The largest reply that is stored. Of a larger one a repeat is told only that the method ran, by
    /// `reply_too_large`. Default 1 MiB.
    pub fn max_reply_bytes(mut self, bytes: usize) -> Self {
        self.max_reply_bytes = bytes;
        self
    }

    /// # Errors
    /// Which option has an invalid value.
    pub(crate) fn check(&self) -> Result<(), String> {
        let millisecond = Duration::from_millis(1);
        let times = [("ttl", self.ttl), ("lease", self.lease), ("store_timeout", self.store_timeout)];
        match times.iter().find(|(_, time)| *time < millisecond) {
            Some((option, _)) => Err(format!("idempotency: `{option}` must be at least a millisecond")),
            // A key that is forgotten at the moment at which its lease ends would run again.
            None if self.ttl < self.lease.saturating_mul(2) => {
                Err("idempotency: `ttl` must be at least twice as long as `lease`".into())
            }
            None => Ok(()),
        }
    }
}
