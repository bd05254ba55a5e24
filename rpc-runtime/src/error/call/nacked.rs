//! One-way messages that the broker did not take.

use std::fmt;

/// The broker did not take a notification or an event (`basic.nack`): a queue that is to have it is full and refuses more, or failed.
///
/// Of several queues some may have taken it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nacked {
    pub(crate) idempotent: bool,
}

impl fmt::Display for Nacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker did not take the message: a queue is full, or has failed")
    }
}
