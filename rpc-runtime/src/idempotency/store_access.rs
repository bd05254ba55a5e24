//! What all deduplicated methods of a server share: their store, in the time that it may take.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

use super::{
    IdempotencyOptions,
    stats::DeduplicationStats,
    store_log::StoreLog,
    stores::{Attempt, IdempotencyStore, StoreError},
};

/// A store, its options, and what is to be told to it.
pub(super) struct StoreAccess {
    pub(super) store: Arc<dyn IdempotencyStore>,
    pub(super) options: IdempotencyOptions,
    pub(super) stats: DeduplicationStats,
    /// Limits the repeats that wait.
    pub(super) waiting: Semaphore,
    /// True when the server is to stop: repeats no longer wait.
    pub(super) drains: watch::Sender<bool>,
    pub(super) failures: StoreLog,
    /// Outcomes that are not stored.
    pub(super) unstored: StoreLog,
    /// What remains to be told to the store of calls that were cancelled. The tasks end with this.
    pub(super) unfinished: Mutex<JoinSet<()>>,
}

impl StoreAccess {
    pub(super) fn new(store: Arc<dyn IdempotencyStore>, options: IdempotencyOptions) -> Self {
        let waiting = Semaphore::new(options.max_waiting.min(Semaphore::MAX_PERMITS));
        Self {
            store,
            options,
            stats: DeduplicationStats::default(),
            waiting,
            drains: watch::Sender::new(false),
            failures: StoreLog::default(),
            unstored: StoreLog::default(),
            unfinished: Mutex::default(),
        }
    }

    /// Waits until the store knows of the calls that were cancelled, or does not answer.
    pub(super) async fn settle(&self) {
        let mut unfinished =
            std::mem::take(&mut *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner));
        while unfinished.join_next().await.is_some() {}
    }

    /// Makes an operation of the store, within the time that it may take. A failure is counted and logged.
    pub(super) async fn ask<T>(
        &self,
        what: &'static str,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let limit = self.options.store_timeout;
        let outcome = timeout(limit, operation).await.unwrap_or_else(|_| Err(late(limit)));
        outcome.inspect_err(|error| {
            self.stats.store_failures.add_one();
            if let Some(left_out) = self.failures.next() {
                tracing::warn!(operation = what, %error, left_out, "an operation of the idempotency store failed");
            }
        })
    }

    /// Tells the store how an attempt has ended, three times if it fails.
    ///
    /// # Errors
    /// When the store does not take it: the key is abandoned when the lease ends.
    pub(super) async fn tell_end(&self, attempt: &Attempt, reply: Option<Bytes>) -> Result<(), StoreError> {
        let mut pauses = [50, 200].map(Duration::from_millis).into_iter();
        loop {
            let outcome = match &reply {
                Some(reply) => self.ask("complete", self.store.complete(attempt, reply.clone())).await,
                None => self.ask("release", self.store.release(attempt)).await,
            };
            match (outcome, pauses.next()) {
                (Err(_), Some(pause)) => tokio::time::sleep(pause).await,
                (outcome, _) => return outcome,
            }
        }
    }
}

fn late(limit: Duration) -> StoreError {
    StoreError::new(format!("it did not answer within {limit:?}"))
}

impl fmt::Debug for StoreAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreAccess").field("options", &self.options).finish_non_exhaustive()
    }
}
