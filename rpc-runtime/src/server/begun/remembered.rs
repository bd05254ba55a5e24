//! The messages that a server may have run, over all its links.

use std::{
    collections::VecDeque,
    hash::RandomState,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::message::BegunMessage;

/// The most messages that are remembered, some 500 kB; the oldest are forgotten first.
const MAX_REMEMBERED: usize = 10_000;
/// How long a message may take to come back after the server consumes its queue again.
///
/// It is at the queue's head then, and comes at once, unless another server has taken it. That one holds it for
/// at most the broker's delivery timeout: 30 minutes by default. Twice that.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// Remembers messages that were begun on links that are lost, until they come back.
#[derive(Debug, Default)]
pub(crate) struct RememberedMessages {
    /// Keyed by a random number: no client can choose a message that is taken for another's.
    pub(super) hasher: RandomState,
    /// The length of `messages`. It is nearly always 0, which saves taking the lock.
    count: AtomicUsize,
    /// The oldest first.
    messages: Mutex<VecDeque<Remembered>>,
}

#[derive(Debug)]
struct Remembered {
    message: BegunMessage,
    /// When the server consumed its queues again. During an outage nothing is forgotten.
    connected_at: Option<Instant>,
}

impl RememberedMessages {
    /// Adds messages that may come back.
    pub(super) fn remember(&self, added: impl IntoIterator<Item = BegunMessage>) {
        let mut messages = self.lock();
        messages.extend(added.into_iter().map(|message| Remembered { message, connected_at: None }));
        let forgotten = messages.len().saturating_sub(MAX_REMEMBERED);
        messages.drain(..forgotten);
        self.count.store(messages.len(), Ordering::Release);
        drop(messages);
        if forgotten > 0 {
            tracing::warn!(
                forgotten,
                "too many calls were interrupted; those that run at most once may run again if the broker has restarted"
            );
        }
    }

    /// Notes that the server consumes its queues again.
    pub(crate) fn connected(&self, now: Instant) {
        if self.count.load(Ordering::Acquire) > 0 {
            self.lock().iter_mut().for_each(|remembered| remembered.connected_at = Some(now));
        }
    }

    /// Returns whether the message was remembered, and forgets it.
    pub(super) fn take(&self, message: BegunMessage, now: Instant) -> bool {
        if self.count.load(Ordering::Acquire) == 0 {
            return false;
        }
        let mut messages = self.lock();
        messages.retain(|remembered| !remembered.is_over(now));
        let found = messages.iter().position(|remembered| remembered.message.is_same(message));
        found.map(|position| messages.remove(position));
        self.count.store(messages.len(), Ordering::Release);
        found.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Remembered>> {
        // No code panics while it holds the lock.
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    /// Returns whether the message cannot come back any more.
    fn is_over(&self, now: Instant) -> bool {
        self.message.has_expired(now)
            || self.connected_at.is_some_and(|since| now.saturating_duration_since(since) >= KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(identity: u64) -> BegunMessage {
        BegunMessage::new(identity, None)
    }

    #[test]
    fn a_message_is_taken_as_often_as_it_was_remembered() {
        let remembered = RememberedMessages::default();
        let now = Instant::now();
        assert!(!remembered.take(message(1), now));
        remembered.remember([message(1), message(2), message(1)]);
        assert!(remembered.take(message(1), now) && remembered.take(message(1), now));
        assert!(!remembered.take(message(1), now), "a later one is another call");
        assert!(remembered.take(message(2), now));
    }

    #[test]
    fn nothing_is_forgotten_during_an_outage_and_all_an_hour_after_it() {
        let remembered = RememberedMessages::default();
        let start = Instant::now();
        let at = |minutes: u64| start + Duration::from_secs(60 * minutes);
        remembered.remember((1..=4).map(message));
        assert!(remembered.take(message(1), at(600)));
        remembered.connected(at(600));
        assert!(remembered.take(message(2), at(659)));
        // Another outage begins the hour again.
        remembered.connected(at(659));
        assert!(remembered.take(message(3), at(718)));
        assert!(!remembered.take(message(4), at(719)));
        assert_eq!(remembered.lock().len(), 0);
    }

    #[test]
    fn a_message_that_has_expired_is_forgotten() {
        let remembered = RememberedMessages::default();
        let now = Instant::now();
        let after = now + Duration::from_secs(30);
        remembered.remember([BegunMessage::new(1, Some(after)), BegunMessage::new(2, Some(after))]);
        assert!(remembered.take(message(1), now + Duration::from_secs(29)));
        assert!(!remembered.take(message(2), after));
    }

    #[test]
    fn the_oldest_are_forgotten_where_there_are_too_many() {
        let remembered = RememberedMessages::default();
        let most = MAX_REMEMBERED as u64;
        remembered.remember((0..most).map(message));
        remembered.remember([message(most), message(most + 1)]);
        let now = Instant::now();
        assert_eq!(remembered.lock().len(), MAX_REMEMBERED);
        assert!(!remembered.take(message(0), now) && !remembered.take(message(1), now));
        assert!(remembered.take(message(2), now) && remembered.take(message(most + 1), now));
    }
}
