//! The lease of an attempt that runs.

use std::{
    convert::Infallible,
    future::Future,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;

use super::{store_access::StoreAccess, stored_reply, stores::Attempt};
use crate::message::{Fault, FaultCode, Reply};

/// What is stored of a method that is cancelled. Written once: few calls are.
static CANCELLED: LazyLock<Option<Bytes>> = LazyLock::new(|| {
    let message = "the method was cancelled while it ran; it may have run in part";
    stored_reply::write(&Err(Fault::new(FaultCode::MaybeExecuted, message)), 0)
});

/// Holds the key of a call that runs. Dropped before its end, it stores that the method may have run.
pub(super) struct HeldLease {
    access: Arc<StoreAccess>,
    /// `None` once the store knows how it has ended.
    attempt: Option<Attempt>,
    /// What the store is to be told: of a method that is cancelled, that it may have run.
    end: Option<Bytes>,
}

impl HeldLease {
    pub(super) fn new(access: Arc<StoreAccess>, attempt: Attempt) -> Self {
        Self { access, attempt: Some(attempt), end: CANCELLED.clone() }
    }

    /// Runs the method, extends the lease meanwhile, and stores the outcome before it returns it: what was sent must be
    /// known to repeats.
    pub(super) async fn run(
        mut self,
        method: impl Future<Output = Result<Reply, Fault>>,
    ) -> Result<Reply, Fault> {
        let outcome = tokio::select! {
            biased;
            outcome = method => outcome,
            never = self.extend() => match never {},
        };
        self.end = stored_reply::write(&outcome, self.access.options.max_reply_bytes);
        if let Some(attempt) = &self.attempt
            && self.access.tell_end(attempt, self.end.clone()).await.is_err()
            && let Some(left_out) = self.access.unstored.next()
        {
            tracing::warn!(
                // Not the caller's key: who knows it may get the reply.
                method = attempt.key().method(),
                left_out,
                "the outcome of a deduplicated call is not stored: repeats are answered `maybe_executed`"
            );
        }
        self.attempt = None;
        outcome
    }

    async fn extend(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.access.options.lease / 3).await;
            if let Some(attempt) = &self.attempt {
                // A failure was logged, and the next may succeed.
                let _ = self.access.ask("extend", self.access.store.extend(attempt)).await;
            }
        }
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.access.later(attempt, self.end.take());
        }
    }
}
