//! The kinds of calls, how many of a hundred are of each, and what each may do.

use crate::forgetting::Queue;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
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

pub(crate) const MIX: &[(u64, Kind)] = &[
    (24, Kind::Plain),
    (22, Kind::Idempotent),
    (22, Kind::AtMostOnce),
    (3, Kind::Blocking),
    (5, Kind::MethodError),
    (3, Kind::Large),
    (1, Kind::Panic),
    (2, Kind::Garbled),
    (4, Kind::QuorumPlain),
    (4, Kind::QuorumIdempotent),
    (4, Kind::QuorumAtMostOnce),
    (3, Kind::Unserved),
    (3, Kind::TooSlow),
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

impl Kind {
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

    /// Where its requests wait.
    pub(crate) fn queue(self) -> Queue {
        match self {
            Self::QuorumPlain | Self::QuorumIdempotent | Self::QuorumAtMostOnce => Queue::Vault,
            _ => Queue::Work,
        }
    }
}
