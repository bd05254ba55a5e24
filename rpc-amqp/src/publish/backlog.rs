//! How much is queued and not yet written: keeps a connection that does not move from filling the memory.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Waker},
};

use crate::error::BrokerError;

/// More than this is never queued behind a connection that does not move; a single message may be larger.
const MAX_UNWRITTEN: usize = 64 * 1024 * 1024;
/// About what a message costs besides its body.
const OVERHEAD: usize = 512;

/// A publish whose end is watched: when it is written, so is everything that was queued before it.
pub(crate) type Watermark = Pin<Box<dyn Future<Output = Result<(), BrokerError>> + Send>>;

/// What was queued on one channel.
///
/// Publishes are polled once and forgotten, so nobody learns when one is written. One at a time is kept and asked from time to
/// time: what was queued before it counts until it is written, what was queued after it until the next one is.
#[derive(Default)]
pub(crate) struct Backlog(Mutex<State>);

#[derive(Default)]
struct State {
    watermark: Option<Watermark>,
    /// Bytes up to the watermark, and after it.
    below: usize,
    above: usize,
}

/// What a [`Backlog`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacklogState {
    /// Something is not written: ask again.
    pub is_watching: bool,
    /// Messages of ordinary size may be queued.
    pub has_room: bool,
}

/// How a message may be queued.
pub(crate) enum Room {
    /// Polled once and forgotten.
    Unwatched,
    /// Handed to [`Backlog::watch`] after its first poll.
    Watched,
    /// Not now.
    Full,
}

impl Backlog {
    /// Counts a message that is about to be queued, unless there is no room for it.
    pub(crate) fn make_room(&self, body_bytes: usize) -> Room {
        let size = body_bytes + OVERHEAD;
        let mut state = self.lock();
        if state.is_full_for(size) {
            state.ask();
            if state.is_full_for(size) {
                return Room::Full;
            }
        }
        state.above += size;
        if state.watermark.is_none() { Room::Watched } else { Room::Unwatched }
    }

    /// Watches a message that was queued.
    pub(crate) fn watch(&self, watermark: Watermark) {
        let mut state = self.lock();
        if state.watermark.is_none() {
            state.below = std::mem::take(&mut state.above);
            state.watermark = Some(watermark);
        }
    }

    /// A watched message was written at once: nothing is queued any more.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        if state.watermark.is_none() {
            state.above = 0;
        }
    }

    /// Asks whether the watermark is written. What is known then holds until the next message is queued.
    pub(crate) fn ask(&self) -> BacklogState {
        let mut state = self.lock();
        state.ask();
        BacklogState {
            is_watching: state.watermark.is_some(),
            has_room: !state.is_full_for(MAX_UNWRITTEN / 2),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Never without a watermark: the last one was written, so the connection moves, and the next message tells more.
    fn is_full_for(&self, size: usize) -> bool {
        self.watermark.is_some() && self.below + self.above + size > MAX_UNWRITTEN
    }

    fn ask(&mut self) {
        let Some(watermark) = &mut self.watermark else { return };
        // An error means that the channel is gone, and everything that was queued on it.
        if watermark.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            self.watermark = None;
            self.below = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const EMPTY: BacklogState = BacklogState { is_watching: false, has_room: true };

    /// A publish that is written when the test says so.
    fn publish(backlog: &Backlog, bytes: usize) -> Option<oneshot::Sender<()>> {
        match backlog.make_room(bytes) {
            Room::Full => panic!("no room for {bytes}"),
            Room::Unwatched => None,
            Room::Watched => {
                let (written, write) = oneshot::channel();
                backlog
                    .watch(Box::pin(async move { write.await.map_err(|_| BrokerError::new(None, "gone")) }));
                Some(written)
            }
        }
    }

    #[test]
    fn what_is_not_written_fills_the_room() {
        let backlog = Backlog::default();
        let first = publish(&backlog, MAX_UNWRITTEN / 2).unwrap();
        assert!(publish(&backlog, MAX_UNWRITTEN / 4).is_none());
        assert!(matches!(backlog.make_room(MAX_UNWRITTEN / 2), Room::Full));

        first.send(()).unwrap();
        let second = publish(&backlog, MAX_UNWRITTEN / 2).expect("the next one is watched");
        assert!(
            matches!(backlog.make_room(MAX_UNWRITTEN / 2), Room::Full),
            "what came after the first still counts"
        );
        second.send(()).unwrap();
        assert_eq!(backlog.ask(), EMPTY);
    }

    #[test]
    fn a_lost_channel_holds_nothing() {
        let backlog = Backlog::default();
        let written = publish(&backlog, MAX_UNWRITTEN).unwrap();
        assert_eq!(backlog.ask(), BacklogState { is_watching: true, has_room: false });
        drop(written);
        assert_eq!(backlog.ask(), EMPTY);
    }

    #[test]
    fn a_message_larger_than_the_room_may_go_alone() {
        let backlog = Backlog::default();
        let written = publish(&backlog, 2 * MAX_UNWRITTEN).unwrap();
        assert!(matches!(backlog.make_room(1), Room::Full));
        written.send(()).unwrap();
        assert!(matches!(backlog.make_room(1), Room::Watched));
    }

    #[test]
    fn a_connection_that_moves_is_never_full() {
        let backlog = Backlog::default();
        for _ in 0..10 {
            let watched = publish(&backlog, MAX_UNWRITTEN / 4).expect("the last one is written");
            assert!(publish(&backlog, MAX_UNWRITTEN / 8).is_none());
            watched.send(()).unwrap();
            assert_eq!(backlog.ask(), EMPTY);
        }
    }
}
