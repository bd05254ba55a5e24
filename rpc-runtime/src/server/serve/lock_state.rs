//! What a partition's worker knows of its lock.

use crate::message::FencingToken;

/// What becomes of the requests of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum LockState {
    /// The queue is no partition, or nothing was delivered yet.
    #[default]
    None,
    /// Its calls run with this token.
    Held(FencingToken),
    /// What does not start goes to another server, and is not abandoned.
    HandedOver,
}
