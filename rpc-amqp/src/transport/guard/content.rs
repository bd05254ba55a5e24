//! The messages whose frames are arriving: at most one for each channel.

use std::io;

use super::frame::invalid;

/// The content that the next frames of a channel belong to.
#[derive(Debug)]
pub(super) enum Content {
    /// A delivery was announced; its content header comes next.
    Delivery {
        tag: u64,
        /// A name in the method was not UTF-8.
        repaired: bool,
    },
    /// A returned message was announced; its content header comes next.
    Return,
    /// The content header was inspected. These bytes of the body are still to come, and are discarded.
    DiscardedBody(u64),
}

/// The content in progress, by channel.
#[derive(Debug, Default)]
pub(super) struct ContentInProgress(Vec<(u16, Content)>);

impl ContentInProgress {
    pub(super) fn start(&mut self, channel: u16, content: Content) {
        self.0.push((channel, content));
    }

    /// Forgets the content in progress on `channel`: a method frame ends it.
    pub(super) fn clear(&mut self, channel: u16) {
        self.0.retain(|(of, _)| *of != channel);
    }

    pub(super) fn take(&mut self, channel: u16) -> Option<Content> {
        self.position(channel).map(|position| self.0.swap_remove(position).1)
    }

    pub(super) fn discard_body(&mut self, channel: u16, body_bytes: u64) {
        if body_bytes > 0 {
            self.start(channel, Content::DiscardedBody(body_bytes));
        }
    }

    /// Counts a body frame of `payload_bytes`. Returns whether lapin gets it.
    ///
    /// # Errors
    /// `InvalidData` when the frame precedes its content header or exceeds the announced size.
    pub(super) fn count_body_frame(&mut self, channel: u16, payload_bytes: u64) -> io::Result<bool> {
        let Some(position) = self.position(channel) else { return Ok(true) };
        let Content::DiscardedBody(missing) = &mut self.0[position].1 else {
            return Err(invalid("the body of a message came before its header"));
        };
        match missing.checked_sub(payload_bytes) {
            Some(0) => drop(self.0.swap_remove(position)),
            Some(left) => *missing = left,
            None => return Err(invalid("a message has more body than was announced")),
        }
        Ok(false)
    }

    fn position(&self, channel: u16) -> Option<usize> {
        self.0.iter().position(|(of, _)| *of == channel)
    }
}
