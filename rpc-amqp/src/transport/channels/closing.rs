//! Who closes a channel.

use std::{any::Any, mem};

/// What is dropped when lapin may learn that it was: a channel or a consumer of lapin.
pub(crate) type Handle = Box<dyn Any + Send>;

/// Who closes a channel. lapin gives up the connection when it closes a channel, or cancels a consumer on it, that the
/// broker is closing.
#[derive(Debug, Default)]
pub(super) enum Closing {
    #[default]
    Nobody,
    /// We do, or have.
    We,
    /// The broker does, and lapin has not handled it. What was dropped meanwhile is kept until it has.
    Broker(Vec<Handle>),
    Ended,
}

/// What becomes of the broker's `channel.close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokerClose {
    /// lapin handles it.
    ForLapin,
    /// lapin is closing the channel itself, or about to.
    Crosses,
    /// The broker has closed it before.
    Repeated,
}

impl Closing {
    /// The broker closes the channel.
    pub(super) fn by_broker(&mut self) -> BrokerClose {
        match self {
            Self::Nobody => {
                *self = Self::Broker(Vec::new());
                BrokerClose::ForLapin
            }
            Self::We => BrokerClose::Crosses,
            Self::Broker(_) | Self::Ended => BrokerClose::Repeated,
        }
    }

    /// Our last handle of the channel is dropped, which closes it: `Some` when that may happen now.
    pub(super) fn by_us(&mut self, handle: Handle) -> Option<Handle> {
        if matches!(self, Self::Nobody) {
            *self = Self::We;
        }
        self.release(handle)
    }

    /// A handle is dropped that does not close the channel: `Some` when that may happen now.
    pub(super) fn release(&mut self, handle: Handle) -> Option<Handle> {
        if let Self::Broker(kept) = self {
            kept.push(handle);
            return None;
        }
        Some(handle)
    }

    /// lapin has handled the close. Returns what is to be dropped now.
    pub(super) fn end(&mut self) -> Vec<Handle> {
        match mem::replace(self, Self::Ended) {
            Self::Broker(kept) => kept,
            Self::Nobody | Self::We | Self::Ended => Vec::new(),
        }
    }
}
