//! Time limits of calls.

use std::time::{Duration, Instant};

use crate::message::{Fault, FaultCode, IncomingCall};

/// Limits how long calls may run. Default: no limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimeLimits {
    pub(crate) handler_timeout: Option<Duration>,
    /// Cancels every call when its caller's timeout is over, not only those of methods that declare it.
    pub(crate) cancels_late: bool,
}

/// The time at which a call is cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    pub(crate) at: Instant,
    /// The server's handler timeout, where it ends before the caller's deadline.
    handler_timeout: Option<Duration>,
}

impl TimeLimits {
    /// The limit of a call that may start now.
    pub(crate) fn limit_from_now(self, call: &IncomingCall) -> Option<TimeLimit> {
        self.limited(call, Instant::now)
    }

    /// The limit of a call that could start, or is tried again, at `since`.
    pub(crate) fn limit(self, call: &IncomingCall, since: Instant) -> Option<TimeLimit> {
        self.limited(call, || since)
    }

    fn limited(self, call: &IncomingCall, since: impl FnOnce() -> Instant) -> Option<TimeLimit> {
        let Self { handler_timeout, cancels_late } = self;
        let of_server = handler_timeout.and_then(|timeout| {
            let at = since().checked_add(timeout)?;
            Some(TimeLimit { at, handler_timeout: Some(timeout) })
        });
        let cancels_late = cancels_late || call.context.method().cancel_when_late;
        let deadline = call.context.deadline().filter(|_| cancels_late);
        let of_caller = deadline.map(|at| TimeLimit { at, handler_timeout: None });
        match (of_server, of_caller) {
            (Some(server), Some(caller)) => Some(if server.at < caller.at { server } else { caller }),
            (server, caller) => server.or(caller),
        }
    }
}

impl TimeLimit {
    /// The fault of a call that was cancelled at this limit.
    pub(crate) fn exceeded(self) -> Fault {
        let message = match self.handler_timeout {
            Some(timeout) => format!("the method was cancelled after {timeout:?}, the server's limit"),
            None => "the method was cancelled: the caller's deadline passed".into(),
        };
        Fault::new(FaultCode::DeadlineExceeded, message)
    }
}
