//! Requests that the broker delivered before: whether they are run once more.

use crate::contract::Repetition;

/// What becomes of a request that was delivered before, when its method declares neither `idempotent` nor `at_most_once`.
///
/// The broker marks such requests, and says no more: the server that had it may have run it and died before it could answer, or
/// may never have started it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedeliveryPolicy {
    /// It is run: no request is lost, some may run twice. On a quorum queue one that kills its servers ends in the dead letters after
    /// the queue's delivery limit; other queues deliver it for ever.
    #[default]
    Run,
    /// It is answered `maybe_executed`, as if the method were `at_most_once`: none runs twice, nor kills a second server.
    Refuse,
}

impl RedeliveryPolicy {
    /// Whether a method that declares this does not run a request that was delivered before.
    pub(crate) fn refuses(self, declared: Repetition) -> bool {
        match declared {
            Repetition::Idempotent => false,
            Repetition::AtMostOnce => true,
            Repetition::Undeclared => self == Self::Refuse,
        }
    }
}
