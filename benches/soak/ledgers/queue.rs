//! The queues of services and groups.

/// The queues of services and groups, which outlive their consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    Work,
    Vault,
    Post,
    Archive,
    Audit,
    Europe,
}

impl Queue {
    pub(crate) const ALL: [Self; 6] =
        [Self::Work, Self::Vault, Self::Post, Self::Archive, Self::Audit, Self::Europe];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Vault => "vault",
            Self::Post => "post",
            Self::Archive => "archive",
            Self::Audit => "news.events.audit",
            Self::Europe => "news.events.europe",
        }
    }

    pub(crate) fn is_classic(self) -> bool {
        matches!(self, Self::Work | Self::Post | Self::Audit)
    }
}
