//! lapin's outbound frames: passed on whole, and read as far as they concern our messages.

use crate::encode::{FRAME_OVERHEAD, HEADER_BYTES, METHOD};

/// The protocol header, which comes before all frames.
const PROTOCOL_HEADER_BYTES: usize = 8;
/// The position of the frame limit in the payload of `connection.tune-ok`: after class, method and the limit of
/// channels.
const TUNE_FRAME_MAX: std::ops::Range<usize> = HEADER_BYTES + 6..HEADER_BYTES + 10;

/// What lapin writes, which may end within a frame.
#[derive(Debug, Default)]
pub(super) struct LapinFrames {
    has_begun: bool,
    partial: Vec<u8>,
}

/// A frame of lapin, as far as it concerns our messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LapinFrame {
    /// Any other frame on a channel.
    OnChannel(u16),
    /// `channel.close`.
    ClosesChannel(u16),
    /// The answer to the broker's `channel.close`.
    ConfirmsClose(u16),
    /// `connection.close`, or the answer to the broker's.
    ClosesConnection,
}

impl LapinFrames {
    /// Appends to `out` what lapin wrote, up to the end of the last whole frame, without the frames for which
    /// `passes` returns false. In `connection.tune-ok` states the limit that both sides agreed on, which lapin does
    /// not know.
    pub(super) fn pass(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        frame_max: u32,
        mut passes: impl FnMut(LapinFrame) -> bool,
    ) {
        self.partial.extend_from_slice(bytes);
        let mut at = 0;
        if !self.has_begun {
            if self.partial.len() < PROTOCOL_HEADER_BYTES {
                return;
            }
            self.has_begun = true;
            at = PROTOCOL_HEADER_BYTES;
            out.extend_from_slice(&self.partial[..at]);
        }
        while let Some(whole) = frame_bytes(&self.partial[at..])
            && let Some(frame) = self.partial.get_mut(at..at + whole)
        {
            let channel = u16::from_be_bytes([frame[1], frame[2]]);
            let passes = match (frame[0], frame.get(HEADER_BYTES..HEADER_BYTES + 4)) {
                (METHOD, Some([0, 20, 0, 40])) => passes(LapinFrame::ClosesChannel(channel)),
                (METHOD, Some([0, 20, 0, 41])) => passes(LapinFrame::ConfirmsClose(channel)),
                (METHOD, Some([0, 10, 0, 50 | 51])) => passes(LapinFrame::ClosesConnection),
                (METHOD, Some([0, 10, 0, 31])) => {
                    if let Some(stated) = frame.get_mut(TUNE_FRAME_MAX) {
                        stated.copy_from_slice(&frame_max.to_be_bytes());
                    }
                    true
                }
                _ => passes(LapinFrame::OnChannel(channel)),
            };
            if passes {
                out.extend_from_slice(frame);
            }
            at += whole;
        }
        self.partial.drain(..at);
    }
}

/// The length of the frame at the front of `bytes`, if its header is there.
fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    let &[_, _, _, a, b, c, d] = bytes.first_chunk::<HEADER_BYTES>()?;
    usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?.checked_add(FRAME_OVERHEAD)
}
