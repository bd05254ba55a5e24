//! Who holds a lock and who waits for it, as plain data: every change is one step under one mutex.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tokio::sync::oneshot;

/// The places of all calls of a lock that have arrived and not ended.
///
/// A call takes its place when it arrives, before its key is known. It enters the queue of its key after every
/// call that arrived before it, so that the order of a key is that of arrival although keys are read at the same
/// time.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The number of the first of `arriving`. All places with smaller numbers have entered or are gone.
    first: u64,
    /// The calls whose keys are not known, and those behind them.
    arriving: VecDeque<Arriving>,
    /// The keys that are held. A key goes with its last call.
    keys: HashMap<Arc<str>, Key>,
    /// Of calls that are to be notified once the mutex is free: that wakes their tasks, which may take it.
    to_notify: Vec<oneshot::Sender<()>>,
}

#[derive(Debug)]
enum Arriving {
    KeyUnknown,
    KeyKnown(Arc<str>, oneshot::Sender<()>),
    Gone,
}

#[derive(Debug)]
struct Key {
    holder: u64,
    /// In the order of arrival.
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    place: u64,
    /// Set once the call waits for its turn.
    turn: Option<oneshot::Sender<()>>,
}

impl Places {
    /// The place of a call that arrives now.
    pub(super) fn arrive(&mut self) -> u64 {
        self.arriving.push_back(Arriving::KeyUnknown);
        self.first + self.arriving.len() as u64 - 1
    }

    /// Enters the queue of `key`. `Some`, if an earlier call has not: then it enters behind that, and is notified.
    pub(super) fn enter(&mut self, place: u64, key: Arc<str>) -> Option<oneshot::Receiver<()>> {
        if place > self.first {
            let (entered, notified) = oneshot::channel();
            *self.arriving_mut(place) = Arriving::KeyKnown(key, entered);
            return Some(notified);
        }
        self.arriving.pop_front();
        self.first += 1;
        self.append(place, key);
        self.let_enter();
        None
    }

    /// `None`, if a call that has entered holds the lock; else what tells it that it does.
    pub(super) fn turn(&mut self, place: u64, key: &str) -> Option<oneshot::Receiver<()>> {
        let key = self.keys.get_mut(key).expect("a key stays until its last call has left");
        if key.holder == place {
            return None;
        }
        // From behind: it has just entered.
        let waiting = key.waiting.iter_mut().rfind(|waiting| waiting.place == place);
        let (sender, turn) = oneshot::channel();
        waiting.expect("it has entered and does not hold the lock").turn = Some(sender);
        Some(turn)
    }

    /// Gives up the place, and the lock if it is held: the next call of its key gets it. `key`: that with which it
    /// was to enter.
    pub(super) fn leave(&mut self, place: u64, key: Option<&str>) {
        if place >= self.first {
            *self.arriving_mut(place) = Arriving::Gone;
            return self.let_enter();
        }
        let Some(name) = key else { return };
        let key = self.keys.get_mut(name).expect("a key stays until its last call has left");
        if key.holder != place {
            return key.waiting.retain(|waiting| waiting.place != place);
        }
        let Some(next) = key.waiting.pop_front() else {
            self.keys.remove(name);
            return;
        };
        key.holder = next.place;
        if let Some(turn) = next.turn {
            // It may be leaving. Then it hands the lock on itself.
            self.to_notify.push(turn);
        }
    }

    /// The calls that the last change lets go on: to be sent to when the mutex is free.
    pub(super) fn take_to_notify(&mut self) -> Vec<oneshot::Sender<()>> {
        std::mem::take(&mut self.to_notify)
    }

    pub(super) fn held(&self, counts: impl Fn(&str) -> bool) -> usize {
        self.keys.keys().filter(|key| counts(key)).count()
    }

    fn arriving_mut(&mut self, place: u64) -> &mut Arriving {
        let index = usize::try_from(place - self.first).expect("it is an index of the queue");
        &mut self.arriving[index]
    }

    /// Lets those enter that wait for no earlier call any more.
    fn let_enter(&mut self) {
        while !matches!(self.arriving.front(), None | Some(Arriving::KeyUnknown)) {
            if let Some(Arriving::KeyKnown(key, entered)) = self.arriving.pop_front() {
                self.append(self.first, key);
                // It may be leaving. Then it leaves the queue of its key.
                self.to_notify.push(entered);
            }
            self.first += 1;
        }
    }

    fn append(&mut self, place: u64, key: Arc<str>) {
        match self.keys.get_mut(&key) {
            Some(key) => key.waiting.push_back(Waiting { place, turn: None }),
            None => {
                self.keys.insert(key, Key { holder: place, waiting: VecDeque::new() });
            }
        }
    }
}

#[cfg(test)]
mod tests;
