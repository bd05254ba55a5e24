//! What comes of queueing something, and of what lapin writes.

use crate::encode::EncodeError;

/// The reason why something was not queued.
#[derive(Debug)]
pub(crate) enum NotQueued {
    Invalid(EncodeError),
    /// The channel or the connection is closed.
    Closed,
    /// Too many bytes wait to be written or confirmed, or the broker wants messages held back.
    Congested,
}

impl From<EncodeError> for NotQueued {
    fn from(error: EncodeError) -> Self {
        Self::Invalid(error)
    }
}

/// The channels of `channel.close` and `channel.close-ok` in what lapin has written.
#[derive(Debug, Default)]
pub(crate) struct LapinCloses {
    /// lapin has handled the broker's close of them.
    pub(in crate::transport) confirmed: Vec<u16>,
    /// lapin gets the confirmation of its close from us.
    pub(in crate::transport) to_confirm: Vec<u16>,
}

/// How the connection ends that lapin has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LapinState {
    Active,
    /// It is gone after a close of the connection by either side.
    Closed,
    /// It is gone without one.
    Lost,
}
