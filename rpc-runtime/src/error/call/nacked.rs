//! The error of one-way messages that the broker refused.

use std::fmt;

/// The broker refused a notification or an event with a negative publisher confirm (`basic.nack`): a queue is
/// full, or failed.
///
/// Of several queues, some may have taken the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nacked {
    pub(crate) idempotent: bool,
}

impl fmt::Display for Nacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker refused the message (basic.nack): a queue is full, or failed")
    }
}
