//! Why a message comes from the overflow of a queue.

use amqp_rpc_transport::Delivered;

use crate::wire::dead_letter::death_in;

/// Why a message is in the overflow of a queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// The queue was full.
    Full,
    /// It expired: its caller waits no more.
    Expired,
    /// The server rejected it, because it could not publish its dead letter.
    Rejected,
}

impl Overflow {
    pub(super) fn read(full: &str, delivered: &Delivered) -> Self {
        match death_in(full, delivered) {
            Some("expired") => Self::Expired,
            Some("rejected" | "delivery_limit") => Self::Rejected,
            _ => Self::Full,
        }
    }
}
