//! The kinds of calls, their share in a hundred, and how often each may run.

use super::queue::Queue;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallKind {
    Plain,
    Idempotent,
    AtMostOnce,
    Blocking,
    MethodError,
    Large,
    Panic,
    Garbled,
    QuorumPlain,
    QuorumIdempotent,
    QuorumAtMostOnce,
    Unserved,
    TooSlow,
}

pub(crate) const MIX: &[(u64, CallKind)] = &[
    (24, CallKind::Plain),
    (22, CallKind::Idempotent),
    (22, CallKind::AtMostOnce),
    (3, CallKind::Blocking),
    (5, CallKind::MethodError),
    (3, CallKind::Large),
    (1, CallKind::Panic),
    (2, CallKind::Garbled),
    (4, CallKind::QuorumPlain),
    (4, CallKind::QuorumIdempotent),
    (4, CallKind::QuorumAtMostOnce),
    (3, CallKind::Unserved),
    (3, CallKind::TooSlow),
];

/// How often a method may be run for one call or message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// Again after a redelivery only.
    Plain,
    /// Again after a redelivery, or when its client sent it again.
    Idempotent,
    Never,
}

impl CallKind {
    pub(crate) const ALL: [Self; MIX.len()] = {
        let mut all = [Self::Plain; MIX.len()];
        let mut at = 0;
        while at < MIX.len() {
            all[at] = MIX[at].1;
            at += 1;
        }
        all
    };

    pub(crate) fn repeats(self) -> Repeats {
        match self {
            Self::Idempotent | Self::QuorumIdempotent => Repeats::Idempotent,
            Self::AtMostOnce | Self::QuorumAtMostOnce => Repeats::Never,
            _ => Repeats::Plain,
        }
    }

    /// The queue of its requests.
    pub(crate) fn queue(self) -> Queue {
        match self {
            Self::QuorumPlain | Self::QuorumIdempotent | Self::QuorumAtMostOnce => Queue::Vault,
            _ => Queue::Work,
        }
    }
}
