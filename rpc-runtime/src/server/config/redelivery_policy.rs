//! Decides whether a request that was delivered before is run again.

use crate::contract::Repetition;

/// Decides what to do with a redelivered request whose method declares none of `idempotent`,
/// `at_most_once` and `deduplicate`.
///
/// The broker marks such requests, and says no more: the server that had it may have run it and died before
/// it could answer, or may never have started it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedeliveryPolicy {
    /// Runs it: no request is lost, some may run twice. On a quorum queue, a request that kills its servers
    /// goes to the dead letters after the queue's delivery limit; other queues deliver it for ever.
    #[default]
    Run,
    /// Answers it `maybe_executed`, as if the method were `at_most_once`: none runs twice, nor kills a second
    /// server.
    Refuse,
}

impl RedeliveryPolicy {
    /// Returns whether a redelivered request is refused for a method that declares this.
    pub(crate) fn refuses(self, declared: Repetition) -> bool {
        match declared {
            // The store knows whether it has run.
            Repetition::Idempotent | Repetition::Deduplicated => false,
            Repetition::AtMostOnce => true,
            // Not declared.
            _ => self == Self::Refuse,
        }
    }
}
