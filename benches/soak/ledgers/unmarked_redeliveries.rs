//! Tracks the queues that may redeliver without the redelivered flag: from a restart until the queue is seen
//! to count again.

use super::queue::Queue;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// How long an unmarked redelivery from before may still wait to start, after the queue counts again.
const GRACE_MILLIS: u32 = 5000;

/// A classic queue of RabbitMQ 3.10 knows what it has delivered by counting messages in their order, and
/// stops counting at one that is missing. Transient ones that wait in a restart are missing afterwards: from
/// then on it marks nothing, until it is deleted. `tests/interop/unmarked_redeliveries.py` shows it.
#[derive(Debug)]
pub(crate) struct UnmarkedRedeliveries {
    /// Not every broker has this fault.
    is_possible: bool,
    markings: Mutex<[Marking; Queue::ALL.len()]>,
    doubtful_millis: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marking {
    Reliable,
    /// Restarted, and not seen to count since.
    Doubtful {
        since: u32,
    },
    ReliableSince(u32),
}

impl UnmarkedRedeliveries {
    pub(crate) fn new(is_possible: bool) -> Self {
        Self {
            is_possible,
            markings: Mutex::new([Marking::Reliable; Queue::ALL.len()]),
            doubtful_millis: AtomicU64::new(0),
        }
    }

    /// The broker is about to restart. Times are milliseconds of the run.
    pub(crate) fn restarts(&self, now: u32) {
        if !self.is_possible {
            return;
        }
        let mut markings = self.markings.lock().unwrap_or_else(PoisonError::into_inner);
        for (queue, marking) in Queue::ALL.iter().zip(markings.iter_mut()) {
            if queue.is_classic() && !matches!(marking, Marking::Doubtful { .. }) {
                *marking = Marking::Doubtful { since: now };
            }
        }
    }

    /// Records that the queue was seen to count, or is a new one of the same name.
    pub(crate) fn counts(&self, queue: Queue, now: u32) {
        let mut markings = self.markings.lock().unwrap_or_else(PoisonError::into_inner);
        let marking = &mut markings[queue as usize];
        if let Marking::Doubtful { since } = *marking {
            self.doubtful_millis.fetch_add(now.saturating_sub(since).into(), Ordering::Relaxed);
            *marking = Marking::ReliableSince(now);
        }
    }

    /// The queues that are not known to count.
    pub(crate) fn doubtful(&self) -> Vec<Queue> {
        let markings = self.markings.lock().unwrap_or_else(PoisonError::into_inner);
        let is_doubtful = |queue: &Queue| matches!(markings[*queue as usize], Marking::Doubtful { .. });
        Queue::ALL.into_iter().filter(is_doubtful).collect()
    }

    /// Whether a message that starts now may be an unmarked redelivery.
    pub(crate) fn may_be_unmarked(&self, queue: Queue, now: u32) -> bool {
        match self.markings.lock().unwrap_or_else(PoisonError::into_inner)[queue as usize] {
            Marking::Reliable => false,
            Marking::Doubtful { .. } => true,
            Marking::ReliableSince(then) => now < then.saturating_add(GRACE_MILLIS),
        }
    }

    /// The time that queues were doubtful, added up over all queues, until the end of the run.
    pub(crate) fn doubtful_millis(&self, end: u32) -> u64 {
        for queue in self.doubtful() {
            self.counts(queue, end);
        }
        self.doubtful_millis.load(Ordering::Relaxed)
    }
}
