//! Whether a method may run twice for one call.

/// What the trait says of running a method twice for one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repetition {
    /// Nothing is said: a request that was redelivered runs again, a call whose outcome is unknown is not retryable.
    #[default]
    Undeclared,
    /// `#[rpc(idempotent)]`: twice is as good as once, so a call whose outcome is unknown may be retried.
    Idempotent,
    /// `#[rpc(at_most_once)]`: a request that may have run before is not run again; its caller gets `maybe_executed`.
    AtMostOnce,
}
