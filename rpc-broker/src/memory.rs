//! Counts the bytes of messages in memory, and raises the alarm that blocks publishers above a limit.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// The reason why publishing is blocked; `None` when it is not.
pub(crate) type Reason = Option<Arc<str>>;

/// Counts the message bytes of a broker, and holds its alarm.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Bytes in queues, or delivered and unacknowledged.
    held: AtomicUsize,
    /// Bytes of incomplete messages. They raise no alarm: a blocked connection could never complete its
    /// message.
    arriving: AtomicUsize,
    limit: usize,
    max_arriving: usize,
    alarm: watch::Sender<Alarm>,
}

#[derive(Clone, Debug, Default)]
struct Alarm {
    low_on_memory: bool,
    by_user: Reason,
}

impl Alarm {
    fn reason(&self) -> Reason {
        self.by_user.clone().or_else(|| self.low_on_memory.then(|| "low on memory".into()))
    }
}

impl Memory {
    /// Incomplete messages may take the limit and one message of the maximum size, so that a message of any
    /// size can be completed.
    pub(crate) fn new(limit: usize, max_message_size: u64) -> Arc<Self> {
        let max_message_size = usize::try_from(max_message_size).unwrap_or(usize::MAX);
        Arc::new(Self {
            held: AtomicUsize::new(0),
            arriving: AtomicUsize::new(0),
            limit,
            max_arriving: limit.saturating_add(max_message_size),
            alarm: watch::Sender::new(Alarm::default()),
        })
    }

    pub(crate) fn used(&self) -> usize {
        self.held.load(Ordering::Relaxed) + self.arriving.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, bytes: usize) {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if held > self.limit {
            self.set_low_on_memory(true);
        }
    }

    pub(crate) fn subtract(&self, bytes: usize) {
        let held = self.held.fetch_sub(bytes, Ordering::Relaxed) - bytes;
        // With a distance to the limit, so that publishers are not blocked and unblocked with each message.
        if held <= self.limit / 10 * 9 {
            self.set_low_on_memory(false);
        }
    }

    fn set_low_on_memory(&self, low: bool) {
        self.alarm.send_if_modified(|alarm| std::mem::replace(&mut alarm.low_on_memory, low) != low);
    }

    /// Blocks publishers until this is called with `None`.
    pub(crate) fn block_by_user(&self, reason: Reason) {
        self.alarm.send_modify(|alarm| alarm.by_user = reason);
    }

    /// Returns the reason why publishing is blocked now.
    pub(crate) fn blocked(&self) -> Reason {
        // Called for each publish; without an alarm nothing is cloned.
        self.alarm.borrow().reason()
    }

    /// Waits until publishing is not blocked.
    pub(crate) async fn until_unblocked(&self) {
        let mut alarm = self.alarm.subscribe();
        // The sender lives as long as `self`.
        let _ = alarm.wait_for(|alarm| alarm.reason().is_none()).await;
    }

    /// Starts to count the bytes of a message that arrives.
    pub(crate) fn charge(self: &Arc<Self>) -> Charge {
        Charge { memory: Arc::clone(self), bytes: 0 }
    }
}

/// Counts the bytes of an incomplete message until it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Charge {
    /// Adds bytes; returns false when there are too many, over all messages.
    #[must_use]
    pub(crate) fn add(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        self.memory.arriving.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.memory.max_arriving
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.arriving.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alarm_rises_above_the_limit_and_falls_with_some_distance() {
        let memory = Memory::new(100, 10);
        memory.add(100);
        assert_eq!(memory.blocked(), None);
        memory.add(1);
        assert_eq!(memory.blocked().as_deref(), Some("low on memory"));
        memory.subtract(5);
        assert!(memory.blocked().is_some(), "not yet");
        memory.subtract(6);
        assert_eq!((memory.blocked(), memory.used()), (None, 90));
    }

    #[test]
    fn what_arrives_is_bounded_and_raises_no_alarm() {
        let memory = Memory::new(100, 10);
        let (mut one, mut other) = (memory.charge(), memory.charge());
        assert!(one.add(60) && other.add(50) && !one.add(1));
        assert_eq!((memory.blocked(), memory.used()), (None, 111));
        drop((one, other));
        assert_eq!(memory.used(), 0);
    }

    #[tokio::test]
    async fn blocking_by_user_has_its_own_reason() {
        let memory = Memory::new(100, 10);
        memory.block_by_user(Some("disk".into()));
        assert_eq!(memory.blocked().as_deref(), Some("disk"));
        memory.block_by_user(None);
        memory.until_unblocked().await;
    }
}
