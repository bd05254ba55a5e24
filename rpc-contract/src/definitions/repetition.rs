//! The effect of running a method twice for one call.

/// The effect of running a method twice for one call, as the trait declares it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repetition {
    /// Not declared: a redelivered request runs again, and a call whose outcome is unknown is not retryable.
    #[default]
    Undeclared,
    /// `#[rpc(idempotent)]`: running it twice is harmless, so a call whose outcome is unknown may be retried.
    Idempotent,
    /// `#[rpc(at_most_once)]`: a request that may have run is not run again. Its caller gets
    /// `maybe_executed`.
    AtMostOnce,
    /// `#[rpc(deduplicate)]`: a request that repeats an earlier one, by its idempotency key, is answered with the
    /// stored reply of that one. Its server needs a store.
    Deduplicated,
}
