//! The calls of one queue that wait for a lock: they are parked, and take up nothing of its concurrency.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, oneshot};

use super::stats::Counters;

/// Counts the parked calls of one worker, and hands them the slots of its concurrency.
///
/// No more than `concurrency` calls run, however locks are handed over. A call has a slot from when it is spawned
/// until it is parked; from then on it does not run before the worker, which alone counts the slots, has given it
/// one again. The holder of the lock cannot pass its own on: it may belong to another worker, or be a thread whose
/// call ended long ago.
#[derive(Debug)]
pub(crate) struct Parking {
    max: usize,
    /// Changed only under the mutex.
    parked: AtomicUsize,
    /// Those of them that count towards `max`. Changed only under the mutex.
    bounded: AtomicUsize,
    /// The calls that have their locks, in the order in which they got them.
    ready: Mutex<VecDeque<Ready>>,
    next_number: AtomicUsize,
    changed: Notify,
    counters: Arc<Counters>,
}

#[derive(Debug)]
struct Ready {
    number: usize,
    is_bounded: bool,
    slot: oneshot::Sender<()>,
}

/// A parked call. Dropped, it is parked no more.
#[derive(Debug)]
pub(crate) struct Parked {
    parking: Arc<Parking>,
    number: usize,
    is_bounded: bool,
    /// It was among those that are ready.
    was_ready: bool,
}

impl Parking {
    pub(crate) fn new(max: u16, counters: Arc<Counters>) -> Self {
        Self {
            max: max.into(),
            parked: AtomicUsize::new(0),
            bounded: AtomicUsize::new(0),
            ready: Mutex::default(),
            next_number: AtomicUsize::new(0),
            changed: Notify::new(),
            counters,
        }
    }

    /// The calls that hold no slot.
    pub(crate) fn parked(&self) -> usize {
        self.parked.load(Ordering::Relaxed)
    }

    /// Parks a call. `None` if it is bounded, and as many bounded ones are parked as may be.
    pub(crate) fn park(self: &Arc<Self>, is_bounded: bool) -> Option<Parked> {
        let ready = self.ready();
        let bounded = self.bounded.load(Ordering::Relaxed);
        if is_bounded && bounded >= self.max {
            self.counters.lock_overflows.add_one();
            return None;
        }
        self.bounded.store(bounded + usize::from(is_bounded), Ordering::Relaxed);
        self.parked.store(self.parked() + 1, Ordering::Relaxed);
        drop(ready);
        self.counters.parked_calls.add_one();
        // Its slot is free.
        self.changed.notify_one();
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        Some(Parked { parking: Arc::clone(self), number, is_bounded, was_ready: false })
    }

    /// The parked calls that have their locks, and wait for slots.
    pub(crate) fn ready_calls(&self) -> usize {
        self.ready().len()
    }

    /// Whether a call that has its lock waits for a slot.
    pub(crate) fn has_ready(&self) -> bool {
        self.parked() > 0 && !self.ready().is_empty()
    }

    /// Gives slots to calls that have their locks.
    pub(crate) fn give_slots(&self, free: usize) {
        let mut ready = self.ready();
        let given = ready.len().min(free);
        let given: Vec<_> = ready.drain(..given).collect();
        given.iter().for_each(|call| self.unpark(call.is_bounded));
        drop(ready);
        // It wakes their tasks, which may take the mutex.
        for Ready { slot, .. } in given {
            // It may be ending. Then it is counted until its task has ended, like any other.
            let _ = slot.send(());
        }
    }

    /// Waits until a slot may be free, or a call may be ready for one.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Called under the mutex.
    fn unpark(&self, is_bounded: bool) {
        self.parked.store(self.parked() - 1, Ordering::Relaxed);
        let bounded = self.bounded.load(Ordering::Relaxed);
        self.bounded.store(bounded - usize::from(is_bounded), Ordering::Relaxed);
        self.counters.parked_calls.subtract_one();
    }

    fn ready(&self) -> MutexGuard<'_, VecDeque<Ready>> {
        // No code panics while it holds the lock.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parked {
    /// Waits for a slot, now that the call has its lock.
    pub(crate) async fn slot(mut self) {
        let (slot, given) = oneshot::channel();
        self.was_ready = true;
        self.parking.ready().push_back(Ready { number: self.number, is_bounded: self.is_bounded, slot });
        self.parking.changed.notify_one();
        // Fails only with the worker, which takes this call with it.
        let _ = given.await;
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        let mut ready = self.parking.ready();
        let before = ready.len();
        ready.retain(|ready| ready.number != self.number);
        // One that was ready, and is not among them, has been given a slot.
        if !self.was_ready || ready.len() < before {
            self.parking.unpark(self.is_bounded);
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
