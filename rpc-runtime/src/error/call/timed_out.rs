//! The error of calls that timed out, with the cause that the client found.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Phase,
    queue_state::{QueueState, Waiting},
};

/// No reply came in time, or no publisher confirm for a one-way message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    pub(crate) after: Duration,
    /// The timeout was the remaining time of the enclosing call.
    pub(crate) inherited: bool,
    pub(crate) phase: Phase,
    pub(crate) awaited: Awaited,
    pub(crate) idempotent: bool,
    /// The queue of the method, and its state.
    pub(crate) found: Option<(String, QueueState)>,
    /// The reason why there was no connection, if the call waited for one.
    pub(crate) not_connected: Option<Arc<str>>,
}

/// The message that a sender waits for: a reply or a publisher confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    Reply,
    Confirm,
}

impl TimedOut {
    /// The timeout of the call.
    #[must_use]
    pub fn after(&self) -> Duration {
        self.after
    }

    /// Returns whether the timeout was the remaining time of the enclosing call: a method made this call
    /// while it served that one. The method's next call would fail at once in the same way. See
    /// [`Call::detached`](crate::Call::detached).
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        self.inherited
    }

    /// The phase of the call when it timed out.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The state of the method's queue. The client asks the broker for it in the last quarter of a second
    /// before the timeout. `None` if the broker did not reply in time, or the call was not sent.
    #[must_use]
    pub fn queue_state(&self) -> Option<QueueState> {
        self.found.as_ref().map(|(_, served)| *served)
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after;
        if self.inherited && after.is_zero() {
            return f.write_str("not sent: the deadline of the enclosing call is over");
        }
        match (self.phase, &self.not_connected) {
            (Phase::WaitingToSend, Some(reason)) => {
                return write!(f, "not sent within {after:?}: not connected: {reason}");
            }
            (Phase::WaitingToSend, None) => {
                return write!(f, "not sent within {after:?}: no free slot, or the connection is stalled");
            }
            (Phase::Sent, _) if self.awaited == Awaited::Confirm => {
                return write!(f, "no publisher confirm within {after:?}; the broker may have the message");
            }
            (Phase::Sent, _) => write!(f, "no reply within {after:?}")?,
        }
        match &self.found {
            None => Ok(()),
            Some((queue, QueueState::Missing)) => write!(f, ": queue `{queue}` does not exist"),
            Some((queue, QueueState::NoConsumer { waiting })) => {
                write!(f, ": queue `{queue}` has no consumer, and {} in it", Waiting(*waiting))
            }
            Some((queue, QueueState::Consumed { consumers, waiting })) => {
                let plural = if *consumers == 1 { "" } else { "s" };
                let waiting = Waiting(*waiting);
                write!(f, ": queue `{queue}` has {consumers} consumer{plural}, and {waiting} in it")
            }
        }
    }
}
