//! The report of a shutdown or a removal.

/// Reports the calls that did not finish when a server was shut down, or a service was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Calls that had not finished within the drain timeout. They were cancelled, and their requests requeued
    /// for other servers.
    pub abandoned: Vec<AbandonedCall>,
}

impl ShutdownReport {
    /// Returns whether every call that had started was answered.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.abandoned.is_empty()
    }
}

/// A call that was cancelled by a shutdown or a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbandonedCall {
    /// The method, as `{service}.{method}`.
    pub method: &'static str,
    /// Whether the method runs at most once, by its declaration or by
    /// [`RedeliveryPolicy::Refuse`](crate::server::RedeliveryPolicy): then its caller gets `maybe_executed`,
    /// or `shutting_down` when it had not started. Otherwise another server runs it again, or, of a `deduplicate`
    /// method, answers `maybe_executed`.
    pub at_most_once: bool,
}
