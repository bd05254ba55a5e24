//! The effect of running a method twice, as a description says it.

use serde::{Deserialize, Serialize};

use crate::definitions;

/// The effect of running a method twice for one call, as its trait declares it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Repetition {
    /// Not declared.
    #[default]
    Undeclared,
    /// Running it twice is harmless.
    Idempotent,
    /// A request that may have run is not run again.
    AtMostOnce,
    /// A repeat with the same idempotency key is answered with the stored reply.
    Deduplicated,
    /// The description is of a later version, and declares something that this one does not know.
    #[serde(other)]
    Unknown,
}

impl Repetition {
    /// It is not written then.
    pub(super) fn is_undeclared(&self) -> bool {
        *self == Self::Undeclared
    }
}

impl From<definitions::Repetition> for Repetition {
    fn from(repetition: definitions::Repetition) -> Self {
        match repetition {
            definitions::Repetition::Undeclared => Self::Undeclared,
            definitions::Repetition::Idempotent => Self::Idempotent,
            definitions::Repetition::AtMostOnce => Self::AtMostOnce,
            definitions::Repetition::Deduplicated => Self::Deduplicated,
        }
    }
}
