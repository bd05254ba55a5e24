//! What can be wrong with properties and tables.

use crate::refusal::{Code, Refusal};

/// Bytes that are no properties, or no table.
///
/// RabbitMQ (3.10.8) closes the connection with 541 and the bare text `INTERNAL_ERROR` when a published message has such properties,
/// and blames no method: [`refusal`](Self::refusal). It decodes headers before it routes, and nested ones as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a field ends after its container does")]
    Truncated,
    #[error("there are bytes after the last field")]
    Leftover,
    #[error("no value has the type {0}")]
    UnknownType(u8),
    #[error("a number is not finite")]
    NotFinite,
}

impl Malformed {
    /// What the publisher is told: nothing more than that.
    pub(crate) fn refusal(self) -> Refusal {
        Refusal::new(Code::InternalError, "")
    }
}
