//! Limits the bytes that are queued and not yet written, so that a stalled connection does not fill the
//! memory.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Waker},
};

use crate::error::BrokerError;

/// The maximum of unwritten bytes on a stalled connection; a single message may be larger.
const MAX_UNWRITTEN: usize = 64 * 1024 * 1024;
/// The approximate memory of a message besides its body.
const OVERHEAD: usize = 512;

/// A publish that is polled until it is written. Then everything that was queued before it is written as
/// well.
pub(crate) type Watermark = Pin<Box<dyn Future<Output = Result<(), BrokerError>> + Send>>;

/// Counts the bytes that are queued on one channel.
///
/// A publish is polled once and then dropped, so its end is not observed. Of all publishes one at a time is
/// kept as the watermark and polled now and then. The bytes queued before it count until it is written, those
/// queued after it until the next watermark is written.
#[derive(Default)]
pub(crate) struct Backlog(Mutex<State>);

#[derive(Default)]
struct State {
    watermark: Option<Watermark>,
    /// The bytes queued up to the watermark, itself included.
    below: usize,
    /// The bytes queued after it.
    above: usize,
}

/// The state of a channel's unwritten messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BacklogState {
    /// Whether a message is not written yet. The state should be read again later.
    pub has_unwritten: bool,
    /// Whether messages of ordinary size may be queued.
    pub has_capacity: bool,
}

/// The result of [`Backlog::reserve`].
pub(crate) enum Capacity {
    /// The message may be queued.
    Reserved,
    /// The message may be queued. If it is not written on the first poll, it becomes the watermark: see
    /// [`Backlog::watch`].
    ReservedToWatch,
    /// The message must not be queued now.
    Full,
}

impl Backlog {
    /// Reserves capacity for a message that is about to be queued.
    pub(crate) fn reserve(&self, body_bytes: usize) -> Capacity {
        let size = body_bytes + OVERHEAD;
        let mut state = self.lock();
        if state.is_full_for(size) {
            state.poll_watermark();
            if state.is_full_for(size) {
                return Capacity::Full;
            }
        }
        state.above += size;
        if state.watermark.is_none() { Capacity::ReservedToWatch } else { Capacity::Reserved }
    }

    /// Makes a queued message the watermark, unless there is one.
    pub(crate) fn watch(&self, watermark: Watermark) {
        let mut state = self.lock();
        if state.watermark.is_none() {
            state.below = std::mem::take(&mut state.above);
            state.watermark = Some(watermark);
        }
    }

    /// Records that a message was written on its first poll: no earlier message is queued any more.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        if state.watermark.is_none() {
            state.above = 0;
        }
    }

    /// Polls the watermark and returns the state, which is valid until the next message is queued.
    pub(crate) fn state(&self) -> BacklogState {
        let mut state = self.lock();
        state.poll_watermark();
        BacklogState {
            has_unwritten: state.watermark.is_some(),
            has_capacity: !state.is_full_for(MAX_UNWRITTEN / 2),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Never full without a watermark: the last one was written, so the connection is not stalled, and the
    /// next message becomes the watermark.
    fn is_full_for(&self, size: usize) -> bool {
        self.watermark.is_some() && self.below + self.above + size > MAX_UNWRITTEN
    }

    fn poll_watermark(&mut self) {
        let Some(watermark) = &mut self.watermark else { return };
        // An error means that the channel is closed, and that all its queued messages are dropped.
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

    const EMPTY: BacklogState = BacklogState { has_unwritten: false, has_capacity: true };

    /// A publish that is written when the test sends on the returned channel.
    fn publish(backlog: &Backlog, bytes: usize) -> Option<oneshot::Sender<()>> {
        match backlog.reserve(bytes) {
            Capacity::Full => panic!("no capacity for {bytes} bytes"),
            Capacity::Reserved => None,
            Capacity::ReservedToWatch => {
                let (written, write) = oneshot::channel();
                backlog.watch(Box::pin(
                    async move { write.await.map_err(|_| BrokerError::new(None, "closed")) },
                ));
                Some(written)
            }
        }
    }

    #[test]
    fn unwritten_messages_fill_the_backlog() {
        let backlog = Backlog::default();
        let first = publish(&backlog, MAX_UNWRITTEN / 2).unwrap();
        assert!(publish(&backlog, MAX_UNWRITTEN / 4).is_none());
        assert!(matches!(backlog.reserve(MAX_UNWRITTEN / 2), Capacity::Full));

        first.send(()).unwrap();
        let second = publish(&backlog, MAX_UNWRITTEN / 2).expect("the next one is watched");
        assert!(
            matches!(backlog.reserve(MAX_UNWRITTEN / 2), Capacity::Full),
            "the bytes queued after the first still count"
        );
        second.send(()).unwrap();
        assert_eq!(backlog.state(), EMPTY);
    }

    #[test]
    fn a_closed_channel_has_no_backlog() {
        let backlog = Backlog::default();
        let written = publish(&backlog, MAX_UNWRITTEN).unwrap();
        assert_eq!(backlog.state(), BacklogState { has_unwritten: true, has_capacity: false });
        drop(written);
        assert_eq!(backlog.state(), EMPTY);
    }

    #[test]
    fn a_message_larger_than_the_limit_may_be_queued_alone() {
        let backlog = Backlog::default();
        let written = publish(&backlog, 2 * MAX_UNWRITTEN).unwrap();
        assert!(matches!(backlog.reserve(1), Capacity::Full));
        written.send(()).unwrap();
        assert!(matches!(backlog.reserve(1), Capacity::ReservedToWatch));
    }

    #[test]
    fn a_connection_that_writes_is_never_full() {
        let backlog = Backlog::default();
        for _ in 0..10 {
            let watched = publish(&backlog, MAX_UNWRITTEN / 4).expect("the last one is written");
            assert!(publish(&backlog, MAX_UNWRITTEN / 8).is_none());
            watched.send(()).unwrap();
            assert_eq!(backlog.state(), EMPTY);
        }
    }
}
