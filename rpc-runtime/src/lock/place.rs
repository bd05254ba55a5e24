//! The place of one call at a lock: it arrives, enters with its key, has its turn, and leaves when it is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::places::Places;

/// One lock, with all its keys.
#[derive(Debug, Default)]
pub(super) struct Lock {
    places: Mutex<Places>,
    released: Arc<Notify>,
}

impl Lock {
    /// `released` is notified when a call has given up its place.
    pub(super) fn new(released: &Arc<Notify>) -> Self {
        Self { places: Mutex::default(), released: Arc::clone(released) }
    }

    /// The keys that are held, of those that `counts` is true for.
    pub(super) fn held(&self, counts: impl Fn(&str) -> bool) -> usize {
        self.places().held(counts)
    }

    /// Changes who holds the lock and who waits, and tells those who may go on.
    fn change<T>(&self, change: impl FnOnce(&mut Places) -> T) -> T {
        let mut places = self.places();
        let changed = change(&mut places);
        let to_notify = places.take_to_notify();
        drop(places);
        for call in to_notify {
            // It may be leaving.
            let _ = call.send(());
        }
        changed
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // No code panics while it holds the lock.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a call. Dropped, it is given up, and the next call of its key has its turn.
#[derive(Debug)]
pub(crate) struct Place {
    lock: Arc<Lock>,
    number: u64,
    key: Option<Arc<str>>,
}

/// A call that has entered the queue of its key.
#[derive(Debug)]
pub(crate) enum Entered {
    /// No other call holds the lock.
    Held(HeldLock),
    /// It has to wait.
    Queued(Queued),
}

/// A call that waits for its turn.
#[derive(Debug)]
pub(crate) struct Queued {
    place: Place,
    turn: tokio::sync::oneshot::Receiver<()>,
}

/// The lock of a key. Its last clone releases it.
#[derive(Clone, Debug)]
pub(crate) struct HeldLock(#[expect(dead_code, reason = "it acts when it is dropped")] Arc<Place>);

impl Place {
    /// The place of a call that arrives now.
    pub(super) fn arrive(lock: &Arc<Lock>) -> Self {
        let number = lock.places().arrive();
        Self { lock: Arc::clone(lock), number, key: None }
    }

    /// Enters the queue of `key`, once all calls that arrived before have entered theirs. That takes no longer
    /// than reading their keys.
    pub(crate) async fn enter(mut self, key: &str) -> Entered {
        let key: Arc<str> = key.into();
        self.key = Some(Arc::clone(&key));
        let earlier = self.lock.change(|places| places.enter(self.number, Arc::clone(&key)));
        if let Some(entered) = earlier {
            entered.await.expect("a place is notified unless it is dropped");
        }
        let turn = self.lock.places().turn(self.number, &key);
        match turn {
            None => Entered::Held(HeldLock(Arc::new(self))),
            Some(turn) => Entered::Queued(Queued { place: self, turn }),
        }
    }
}

impl Queued {
    /// Waits until the earlier calls of the key have left.
    pub(crate) async fn turn(self) -> HeldLock {
        self.turn.await.expect("a place is notified unless it is dropped");
        HeldLock(Arc::new(self.place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lock.change(|places| places.leave(self.number, self.key.as_deref()));
        self.lock.released.notify_waiters();
    }
}
