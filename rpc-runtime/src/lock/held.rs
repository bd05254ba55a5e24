//! The lock that a task holds, for threads that outlive it.

use std::future::Future;

use super::place::HeldLock;

tokio::task_local! {
    static HELD: HeldLock;
}

impl HeldLock {
    /// Runs a method that holds the lock.
    pub(crate) fn scope<F: Future>(&self, method: F) -> impl Future<Output = F::Output> + use<F> {
        HELD.scope(self.clone(), method)
    }
}

/// The lock that the method of this task holds. A thread keeps it to its own end, because the task may be cancelled
/// before.
pub(crate) fn held() -> Option<HeldLock> {
    HELD.try_with(Clone::clone).ok()
}
