//! No reply, or no word of the broker, came in time, and what was found out about why.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Phase,
    queue_state::{QueueState, Waiting},
};

/// No reply came in time; of what nobody answers, no word of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    pub(crate) after: Duration,
    /// It is what was left of the time of the call that this one was made for.
    pub(crate) inherited: bool,
    pub(crate) phase: Phase,
    pub(crate) awaited: Awaited,
    pub(crate) idempotent: bool,
    /// The queue of the method, and who serves it.
    pub(crate) found: Option<(String, QueueState)>,
    /// Why there was no connection, when that was what the call waited for.
    pub(crate) not_connected: Option<Arc<str>>,
}

/// What the sender of a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    Reply,
    Confirm,
}

impl TimedOut {
    /// The timeout that the call had.
    #[must_use]
    pub fn after(&self) -> Duration {
        self.after
    }

    /// Whether that was what was left to the method that made the call, whose own caller waits no longer: the method's next call would
    /// fail at once in the same way. See [`Call::detached`](crate::Call::detached).
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        self.inherited
    }

    /// How far the call had come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Who served the method's queue. It is asked for in the last quarter of a second of a call that was sent; `None` when the
    /// broker did not answer in time, or the call was never sent.
    #[must_use]
    pub fn queue_state(&self) -> Option<QueueState> {
        self.found.as_ref().map(|(_, served)| *served)
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after;
        if self.inherited && after.is_zero() {
            return f.write_str("not sent: the time of the call that this one was made for is over");
        }
        match (self.phase, &self.not_connected) {
            (Phase::WaitingToSend, Some(reason)) => {
                return write!(f, "not sent within {after:?}: not connected: {reason}");
            }
            (Phase::WaitingToSend, None) => {
                return write!(f, "not sent within {after:?}: no free slot, or the connection does not move");
            }
            (Phase::Sent, _) if self.awaited == Awaited::Confirm => {
                return write!(f, "the broker has not confirmed it within {after:?}, and may have it");
            }
            (Phase::Sent, _) => write!(f, "no reply within {after:?}")?,
        }
        match &self.found {
            None => Ok(()),
            Some((queue, QueueState::Missing)) => write!(f, ": queue `{queue}` does not exist"),
            Some((queue, QueueState::NoConsumer { waiting })) => {
                write!(f, ": nobody consumes queue `{queue}`, where {}", Waiting(*waiting))
            }
            Some((queue, QueueState::Consumed { consumers, waiting })) => {
                let plural = if *consumers == 1 { "" } else { "s" };
                let waiting = Waiting(*waiting);
                write!(
                    f,
                    ": no server answered; queue `{queue}` has {consumers} consumer{plural}, and {waiting} in it"
                )
            }
        }
    }
}
