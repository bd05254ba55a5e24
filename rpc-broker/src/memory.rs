//! Counts the bytes of messages the broker holds, and raises the alarm that blocks publishers when there are too many.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// Why publishing is blocked; `None` when it is not.
pub(crate) type Reason = Option<Arc<str>>;

/// The broker's count of message bytes, and its alarm.
#[derive(Debug)]
pub(crate) struct Memory {
    used: AtomicUsize,
    limit: usize,
    alarm: watch::Sender<Alarm>,
}

#[derive(Clone, Debug, Default)]
struct Alarm {
    low_on_memory: bool,
    by_hand: Reason,
}

impl Alarm {
    fn reason(&self) -> Reason {
        self.by_hand.clone().or_else(|| self.low_on_memory.then(|| "low on memory".into()))
    }
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit, alarm: watch::Sender::new(Alarm::default()) })
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, bytes: usize) {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used > self.limit {
            self.set_low_on_memory(true);
        }
    }

    pub(crate) fn subtract(&self, bytes: usize) {
        let used = self.used.fetch_sub(bytes, Ordering::Relaxed) - bytes;
        // Some distance, so that publishers are not blocked and unblocked with each message.
        if used <= self.limit / 10 * 9 {
            self.set_low_on_memory(false);
        }
    }

    fn set_low_on_memory(&self, low: bool) {
        self.alarm.send_if_modified(|alarm| std::mem::replace(&mut alarm.low_on_memory, low) != low);
    }

    /// Blocks publishers until it is called with `None`.
    pub(crate) fn block_by_hand(&self, reason: Reason) {
        self.alarm.send_modify(|alarm| alarm.by_hand = reason);
    }

    /// Why publishing is blocked now.
    pub(crate) fn blocked(&self) -> Reason {
        // Looked at for each publish; the common case takes no clone.
        self.alarm.borrow().reason()
    }

    /// Returns once publishing is not blocked.
    pub(crate) async fn until_unblocked(&self) {
        let mut alarm = self.alarm.subscribe();
        // The sender lives as long as `self`.
        let _ = alarm.wait_for(|alarm| alarm.reason().is_none()).await;
    }

    /// An empty charge on this count.
    pub(crate) fn charge(self: &Arc<Self>) -> Charge {
        Charge { memory: Arc::clone(self), bytes: 0 }
    }
}

/// Bytes that count until this is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Charge {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.memory.add(bytes);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.subtract(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alarm_rises_above_the_limit_and_falls_with_some_distance() {
        let memory = Memory::new(100);
        let mut charge = memory.charge();
        charge.add(100);
        assert_eq!(memory.blocked(), None);
        charge.add(1);
        assert_eq!(memory.blocked().as_deref(), Some("low on memory"));
        memory.subtract(5);
        assert!(memory.blocked().is_some(), "not yet");
        memory.add(5);
        drop(charge);
        assert_eq!((memory.blocked(), memory.used()), (None, 0));
    }

    #[tokio::test]
    async fn blocking_by_hand_has_its_own_reason() {
        let memory = Memory::new(100);
        memory.block_by_hand(Some("disk".into()));
        assert_eq!(memory.blocked().as_deref(), Some("disk"));
        memory.block_by_hand(None);
        memory.until_unblocked().await;
    }
}
