//! What waits to be written, and on which channels more may be queued.

use super::{NotQueued, acks::Acks, closes::Closes, coalescing::Coalescing, lapin_frames::LapinFrames};
use crate::encode::FrameBuffer;

/// The largest frame before `connection.tune`.
const INITIAL_FRAME_MAX: u32 = 4096;

/// What waits to be written.
#[derive(Debug)]
pub(super) struct State {
    pub(super) frames: FrameBuffer,
    /// Messages that still take others in.
    pub(super) coalescing: Coalescing,
    /// What is acknowledged with the next write.
    pub(super) acks: Acks,
    pub(super) frame_max: u32,
    /// The open channels, and whether the broker lets messages be sent on them.
    pub(super) open: Vec<(u16, bool)>,
    pub(super) lapin: LapinFrames,
    pub(super) closes: Closes,
    /// The connection is being closed, or lost: only lapin's frames follow.
    pub(super) is_closed: bool,
    /// lapin does not use its stream any more.
    pub(super) lapin_is_gone: bool,
    /// The driver has ended: nothing is written any more.
    pub(super) is_over: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            frames: FrameBuffer::default(),
            coalescing: Coalescing::default(),
            acks: Acks::default(),
            frame_max: INITIAL_FRAME_MAX,
            open: Vec::new(),
            lapin: LapinFrames::default(),
            closes: Closes::default(),
            is_closed: false,
            lapin_is_gone: false,
            is_over: false,
        }
    }
}

impl State {
    /// Returns whether the broker lets messages be sent on a channel now.
    pub(super) fn may_send(&self, channel: u16) -> Result<bool, NotQueued> {
        if self.is_closed {
            return Err(NotQueued::Closed);
        }
        let open = self.open.iter().find(|(open, _)| *open == channel);
        open.map(|(_, may_send)| *may_send).ok_or(NotQueued::Closed)
    }

    /// Nothing more may be queued on a channel.
    pub(super) fn close(&mut self, channel: u16) {
        self.open.retain(|(open, _)| *open != channel);
        self.acks.forget(channel);
    }

    /// The largest frame.
    pub(super) fn frame_max(&self) -> usize {
        usize::try_from(self.frame_max).unwrap_or(usize::MAX)
    }

    /// How many bytes wait, at most.
    pub(super) fn len(&self) -> usize {
        self.frames.len() + self.coalescing.len() + self.acks.max_bytes()
    }

    /// Closes the messages that take others in: what is appended next follows them.
    pub(super) fn close_messages(&mut self) {
        let frame_max = self.frame_max();
        self.coalescing.close_all(&mut self.frames, frame_max);
    }

    /// Appends the acknowledgements that are due: what they acknowledge is in front of them.
    pub(super) fn write_acks(&mut self) {
        self.acks.write(&mut self.frames.bytes);
    }
}
