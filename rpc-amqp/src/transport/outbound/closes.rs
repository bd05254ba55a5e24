//! The closes of channels that are under way: lapin's, and those that both sides have begun.
//!
//! lapin gives up the connection when the broker closes a channel that it is closing itself. So it does not get to
//! know: we confirm the broker's close, and it gets the confirmation of its own.

use crate::encode::{FRAME_END, METHOD};

/// The closes of channels that are under way.
#[derive(Debug, Default)]
pub(super) struct Closes {
    /// lapin has closed them, and the broker has not confirmed it.
    by_lapin: Vec<u16>,
    /// Both sides have closed them. Whether the broker confirms lapin's close as well is not sure.
    crossed: Vec<u16>,
    /// The broker has closed them, and lapin will, without knowing it.
    ahead: Vec<u16>,
}

/// What becomes of lapin's `channel.close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The broker gets it.
    Passes,
    /// The broker has closed the channel before: lapin gets a confirmation from us.
    ConfirmedHere,
}

impl Closes {
    /// lapin closes a channel.
    pub(super) fn by_lapin(&mut self, channel: u16) -> Close {
        if take(&mut self.ahead, channel) {
            return Close::ConfirmedHere;
        }
        self.by_lapin.push(channel);
        Close::Passes
    }

    /// Returns whether the broker has closed a channel, and lapin will without knowing it: until then, what it sends on
    /// it would go to a closed channel.
    pub(super) fn is_ahead(&self, channel: u16) -> bool {
        self.ahead.contains(&channel)
    }

    /// The broker closes a channel that lapin is closing or about to close. Returns whether lapin gets its
    /// confirmation now, rather than when it has closed the channel.
    pub(super) fn cross(&mut self, channel: u16) -> bool {
        let is_sent = take(&mut self.by_lapin, channel);
        if is_sent {
            self.crossed.push(channel);
        } else {
            self.ahead.push(channel);
        }
        is_sent
    }

    /// The broker confirms a close. Returns whether lapin waits for that.
    pub(super) fn confirm(&mut self, channel: u16) -> bool {
        take(&mut self.by_lapin, channel);
        !take(&mut self.crossed, channel)
    }

    /// A channel was opened: its number is used again.
    pub(super) fn forget(&mut self, channel: u16) {
        for channels in [&mut self.by_lapin, &mut self.crossed, &mut self.ahead] {
            take(channels, channel);
        }
    }
}

/// The frame that confirms a close.
pub(crate) fn close_ok(channel: u16) -> [u8; 12] {
    let [high, low] = channel.to_be_bytes();
    [METHOD, high, low, 0, 0, 0, 4, 0, 20, 0, 41, FRAME_END]
}

fn take(channels: &mut Vec<u16>, channel: u16) -> bool {
    let place = channels.iter().position(|of| *of == channel);
    place.map(|place| channels.swap_remove(place)).is_some()
}
