//! The times at which queues are to be checked for expiry.

use std::{cmp::Reverse, collections::BinaryHeap};

use tokio::time::Instant;

use crate::ids::QueueId;

/// The scheduled checks. They are never cancelled: a check that is no longer needed has no effect.
#[derive(Debug, Default)]
pub(crate) struct Timers(BinaryHeap<Reverse<(Instant, QueueId)>>);

impl Timers {
    pub(in crate::vhost) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub(in crate::vhost) fn add(&mut self, at: Instant, queue: QueueId) {
        self.0.push(Reverse((at, queue)));
    }

    pub(in crate::vhost) fn take_due(&mut self, now: Instant) -> Option<QueueId> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, queue))| queue)
    }
}
