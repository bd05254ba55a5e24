//! Queues messages that may share another one, and bounds what is queued.

use std::sync::atomic::Ordering;

use super::{NotQueued, OVERHEAD, Outbound, coalescing::Part, state::State};

impl Outbound {
    /// Queues a message that may share another one with those that are queued before the next write. With
    /// `max_unwritten`, only if it and all unwritten bytes are within that limit. `shares_with` gets the number of the
    /// first message that it shares one with, before anything of it can be written.
    ///
    /// # Errors
    /// When nothing was queued.
    pub(crate) fn publish_part(
        &self,
        channel: u16,
        part: &Part<'_>,
        max_unwritten: Option<usize>,
        shares_with: impl FnOnce(u64),
    ) -> Result<(), NotQueued> {
        let mut state = self.lock();
        self.check_capacity(&state, channel, part.body.len(), max_unwritten)?;
        let frame_max = state.frame_max();
        let State { frames, coalescing, .. } = &mut *state;
        shares_with(coalescing.add(frames, channel, frame_max, part)?);
        drop(state);
        self.wake();
        Ok(())
    }

    /// # Errors
    /// When a message may not be queued: its channel is closed, or too much waits already.
    pub(super) fn check_capacity(
        &self,
        state: &State,
        channel: u16,
        body_bytes: usize,
        max_unwritten: Option<usize>,
    ) -> Result<(), NotQueued> {
        let may_send = state.may_send(channel)?;
        let Some(max) = max_unwritten else { return Ok(()) };
        let unwritten = state.len() + self.taken.load(Ordering::Relaxed);
        let size = body_bytes.saturating_add(OVERHEAD);
        match !may_send || (unwritten > 0 && unwritten.saturating_add(size) > max) {
            true => Err(NotQueued::Congested),
            false => Ok(()),
        }
    }
}
