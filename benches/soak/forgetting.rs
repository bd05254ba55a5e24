//! When a broker may deliver again what it delivered before, and not say so: since a restart, until it is seen to count again.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

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

/// So long what was delivered unmarked, before the queue counted again, may still be about to start.
const GRACE_MILLIS: u32 = 5000;

/// A classic queue of RabbitMQ 3.10 knows what it has delivered by counting messages in their order, and stops counting at one that is
/// missing. Transient ones that wait in a restart are missing afterwards: from then on it marks nothing, until it is deleted.
/// `tests/interop/unmarked_redeliveries.py` shows it.
#[derive(Debug)]
pub(crate) struct Forgetting {
    /// Not so with every broker.
    is_possible: bool,
    memories: Mutex<[Memory; Queue::ALL.len()]>,
    doubtful_millis: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Sound,
    /// Restarted, and not seen to count since.
    Doubtful {
        since: u32,
    },
    SoundSince(u32),
}

impl Forgetting {
    pub(crate) fn new(is_possible: bool) -> Self {
        Self {
            is_possible,
            memories: Mutex::new([Memory::Sound; Queue::ALL.len()]),
            doubtful_millis: AtomicU64::new(0),
        }
    }

    /// The broker is about to restart. Times are milliseconds of the run.
    pub(crate) fn restarts(&self, now: u32) {
        if !self.is_possible {
            return;
        }
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        for (queue, memory) in Queue::ALL.iter().zip(memories.iter_mut()) {
            if queue.is_classic() && !matches!(memory, Memory::Doubtful { .. }) {
                *memory = Memory::Doubtful { since: now };
            }
        }
    }

    /// The queue was seen to count, or is another one of the same name.
    pub(crate) fn counts(&self, queue: Queue, now: u32) {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = &mut memories[queue as usize];
        if let Memory::Doubtful { since } = *memory {
            self.doubtful_millis.fetch_add(now.saturating_sub(since).into(), Ordering::Relaxed);
            *memory = Memory::SoundSince(now);
        }
    }

    /// Of which it is not known that they count.
    pub(crate) fn doubtful(&self) -> Vec<Queue> {
        let memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        let is_doubtful = |queue: &Queue| matches!(memories[*queue as usize], Memory::Doubtful { .. });
        Queue::ALL.into_iter().filter(is_doubtful).collect()
    }

    /// Whether what starts now may have been delivered before, unmarked.
    pub(crate) fn may_be_unmarked(&self, queue: Queue, now: u32) -> bool {
        match self.memories.lock().unwrap_or_else(PoisonError::into_inner)[queue as usize] {
            Memory::Sound => false,
            Memory::Doubtful { .. } => true,
            Memory::SoundSince(then) => now < then.saturating_add(GRACE_MILLIS),
        }
    }

    /// How long queues were doubtful, all together, up to the end of the run.
    pub(crate) fn doubtful_millis(&self, end: u32) -> u64 {
        for queue in self.doubtful() {
            self.counts(queue, end);
        }
        self.doubtful_millis.load(Ordering::Relaxed)
    }
}
