//! The bytes that wait to be written: messages and acknowledgements of ours, and lapin's frames between them.

mod acks;
mod closes;
mod coalescing;
mod lapin_frames;
mod outcome;
mod publish_part;
mod state;
#[cfg(test)]
mod tests;

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
};

use futures_util::task::AtomicWaker;

pub(super) use self::closes::close_ok;
pub(crate) use self::coalescing::Part;
pub use self::coalescing::{CALLS_PER_MESSAGE, COALESCED_ID_PREFIX, Sharing, announce};
pub(crate) use self::outcome::NotQueued;
pub(super) use self::outcome::{LapinCloses, LapinState};
use self::{acks::Acks, closes::Close, coalescing::Coalescing, lapin_frames::LapinFrame, state::State};
use crate::encode::{FrameBuffer, Message, write_message};

/// The approximate memory of a message besides its body.
const OVERHEAD: usize = 512;
/// A buffer that was needed once for much is not kept larger than this.
const KEPT_BYTES: usize = 16 * 1024;

/// Queues bytes for the driver, the task that owns the socket. Every message is queued whole under one lock, so that
/// nothing of the same connection comes between its frames.
#[derive(Debug)]
pub(crate) struct Outbound {
    state: Mutex<State>,
    /// How many bytes the driver has taken and not written yet.
    taken: AtomicUsize,
    /// Whether the driver was woken since it took the bytes last.
    is_scheduled: AtomicBool,
    driver: AtomicWaker,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            taken: AtomicUsize::new(0),
            is_scheduled: AtomicBool::new(false),
            driver: AtomicWaker::new(),
        }
    }
}

impl Outbound {
    /// Queues a message. With `max_unwritten`, only if it and all unwritten bytes are within that limit; a
    /// single message may be larger.
    ///
    /// # Errors
    /// When nothing was queued.
    pub(crate) fn publish(
        &self,
        channel: u16,
        message: &Message<'_>,
        max_unwritten: Option<usize>,
    ) -> Result<(), NotQueued> {
        let mut state = self.lock();
        self.check_capacity(&state, channel, message.body.len(), max_unwritten)?;
        let frame_max = state.frame_max();
        write_message(&mut state.frames, channel, frame_max, message)?;
        drop(state);
        self.wake();
        Ok(())
    }

    /// Acknowledges a delivery with the next write, after all that is queued until then. Deliveries that follow each
    /// other are acknowledged together.
    ///
    /// # Errors
    /// `Closed` when it will not be acknowledged.
    pub(crate) fn ack(&self, channel: u16, tag: u64) -> Result<(), NotQueued> {
        let mut state = self.lock();
        state.may_send(channel)?;
        state.acks.finish(channel, tag);
        drop(state);
        self.wake();
        Ok(())
    }

    /// Queues a frame that settles one delivery, behind all messages that are queued: `write` appends it.
    ///
    /// # Errors
    /// `Closed` when nothing was queued.
    pub(crate) fn settle(
        &self,
        channel: u16,
        tag: u64,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), NotQueued> {
        let mut state = self.lock();
        state.may_send(channel)?;
        state.close_messages();
        write(&mut state.frames.bytes);
        state.acks.settled(channel, tag);
        drop(state);
        self.wake();
        Ok(())
    }

    /// Returns whether the broker wants the messages of an open channel held back.
    pub(crate) fn is_held_back(&self, channel: u16) -> bool {
        self.lock().may_send(channel).is_ok_and(|may_send| !may_send)
    }

    /// How many bytes are queued and not written.
    pub(crate) fn unwritten(&self) -> usize {
        self.lock().len() + self.taken.load(Ordering::Relaxed)
    }

    /// Both sides have agreed on the largest frame.
    pub(super) fn tune(&self, frame_max: u32) {
        self.lock().frame_max = frame_max;
    }

    /// The largest frame that both sides have agreed on.
    pub(crate) fn frame_max(&self) -> u32 {
        self.lock().frame_max
    }

    /// Messages may be queued on a channel that was opened.
    pub(super) fn open(&self, channel: u16) {
        let mut state = self.lock();
        state.close(channel);
        state.closes.forget(channel);
        state.open.push((channel, true));
    }

    pub(super) fn set_flow(&self, channel: u16, active: bool) {
        if let Some((_, may_send)) = self.lock().open.iter_mut().find(|(open, _)| *open == channel) {
            *may_send = active;
        }
    }

    /// Nothing more may be queued on a channel.
    pub(super) fn close(&self, channel: u16) {
        self.lock().close(channel);
    }

    /// Nothing more may be queued on any channel.
    pub(super) fn close_all(&self) {
        self.lock().is_closed = true;
    }

    /// Queues bytes of lapin, up to the end of their last whole frame. `None` when nobody writes them any more.
    pub(super) fn write_for_lapin(&self, bytes: &[u8]) -> Option<LapinCloses> {
        let mut state = self.lock();
        if state.is_over {
            return None;
        }
        let mut found = LapinCloses::default();
        // It may close their channels.
        state.close_messages();
        state.write_acks();
        let State { frames, lapin, open, closes, frame_max, is_closed, .. } = &mut *state;
        lapin.pass(bytes, &mut frames.bytes, *frame_max, |frame| match frame {
            LapinFrame::OnChannel(channel) => !closes.is_ahead(channel),
            LapinFrame::ClosesChannel(channel) => {
                open.retain(|(open, _)| *open != channel);
                let close = closes.by_lapin(channel);
                if close == Close::ConfirmedHere {
                    found.to_confirm.push(channel);
                }
                close == Close::Passes
            }
            LapinFrame::ConfirmsClose(channel) => {
                open.retain(|(open, _)| *open != channel);
                found.confirmed.push(channel);
                true
            }
            LapinFrame::ClosesConnection => {
                *is_closed = true;
                true
            }
        });
        drop(state);
        self.wake();
        Some(found)
    }

    /// Confirms the broker's close of a channel that lapin is closing or about to close. Returns whether lapin gets
    /// its confirmation now.
    pub(super) fn cross_close(&self, channel: u16) -> bool {
        let mut state = self.lock();
        state.close(channel);
        state.close_messages();
        state.frames.bytes.extend_from_slice(&close_ok(channel));
        let is_sent = state.closes.cross(channel);
        drop(state);
        self.wake();
        is_sent
    }

    /// The broker confirms a close. Returns whether lapin waits for that.
    pub(super) fn confirm_close(&self, channel: u16) -> bool {
        self.lock().closes.confirm(channel)
    }

    /// lapin has dropped its stream: the connection ends, after a close when what is queued is written.
    pub(super) fn leave(&self) {
        self.lock().lapin_is_gone = true;
        self.wake_driver();
    }

    pub(super) fn lapin_state(&self) -> LapinState {
        let state = self.lock();
        match (state.lapin_is_gone, state.is_closed) {
            (false, _) => LapinState::Active,
            (true, true) => LapinState::Closed,
            (true, false) => LapinState::Lost,
        }
    }

    /// Wakes the driver, also while it waits until the socket takes more.
    pub(super) fn wake_driver(&self) {
        self.driver.wake();
    }

    /// Wakes the driver for what was queued, unless it was woken since it took something last.
    fn wake(&self) {
        if !self.is_scheduled.swap(true, Ordering::AcqRel) {
            self.driver.wake();
        }
    }

    /// Registers the driver to be woken.
    pub(super) fn register(&self, driver: &Waker) {
        self.driver.register(driver);
    }

    /// Returns whether there may be something to take.
    pub(super) fn is_scheduled(&self) -> bool {
        self.is_scheduled.load(Ordering::Acquire)
    }

    /// For the driver: swaps what is queued for `written`, whose bytes are all written.
    pub(super) fn take(&self, written: &mut FrameBuffer) {
        written.reset(KEPT_BYTES);
        // Before the lock: what is queued after it wakes the task again.
        self.is_scheduled.store(false, Ordering::Release);
        let mut state = self.lock();
        state.close_messages();
        state.write_acks();
        mem::swap(&mut state.frames, written);
        self.taken.store(written.len(), Ordering::Relaxed);
    }

    /// The driver has written some of what it took.
    pub(super) fn count_written(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The driver has ended: nothing is written any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.is_over = true;
        state.frames = FrameBuffer::default();
        state.coalescing = Coalescing::default();
        state.acks = Acks::default();
        self.taken.store(0, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
