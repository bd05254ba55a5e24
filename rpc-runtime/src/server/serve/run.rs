//! One call, run apart from the others: its panics are caught, its time is bounded, what it calls inherits its deadline.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use futures_util::FutureExt;

use crate::{
    layer::{BoxService, isolated},
    message::{Fault, FaultCode, IncomingCall, Inherited, Reply},
};

/// How long calls may run. By default as long as they like.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimeLimits {
    pub(crate) handler_timeout: Option<Duration>,
    /// Cancel a call whose caller waits no longer.
    pub(crate) cancels_late: bool,
}

/// When a call is cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    at: Instant,
    /// The server's cap, where it comes before the caller's deadline.
    cap: Option<Duration>,
}

impl TimeLimits {
    pub(crate) fn limit(self, call: &IncomingCall, received_at: Instant) -> Option<TimeLimit> {
        let Self { handler_timeout, cancels_late } = self;
        let capped = handler_timeout.and_then(|cap| {
            let at = received_at.checked_add(cap)?;
            Some(TimeLimit { at, cap: Some(cap) })
        });
        let late = call.context.deadline.filter(|_| cancels_late).map(|at| TimeLimit { at, cap: None });
        match (capped, late) {
            (Some(capped), Some(late)) => Some(if capped.at < late.at { capped } else { late }),
            (capped, late) => capped.or(late),
        }
    }
}

impl TimeLimit {
    fn exceeded(self) -> Fault {
        let message = match self.cap {
            Some(cap) => format!("the method was cancelled after {cap:?}, the server's limit"),
            None => "the method was cancelled: the caller's time was over".into(),
        };
        Fault::new(FaultCode::DeadlineExceeded, message)
    }
}

/// Runs the call to its end; a panic becomes a fault.
///
/// No `async fn`, here and below: its future would hold the call a second time, and there is a task of that size for every call.
pub(crate) fn run(
    service: &BoxService,
    call: IncomingCall,
    exposes_panics: bool,
) -> impl Future<Output = Result<Reply, Fault>> {
    let inherited = Inherited::from(call.context.deadline, &call.context.headers);
    inherited.scope(isolated(service, call, exposes_panics))
}

/// Does the same until `limit`; then the call is dropped where it stands.
pub(crate) fn run_within(
    limit: TimeLimit,
    service: &BoxService,
    call: IncomingCall,
    exposes_panics: bool,
) -> impl Future<Output = Result<Reply, Fault>> {
    // What it calls has no use of more time either.
    let deadline = call.context.deadline.map_or(limit.at, |deadline| deadline.min(limit.at));
    let inherited = Inherited::from(Some(deadline), &call.context.headers);
    let running = inherited.scope(isolated(service, call, exposes_panics));
    tokio::time::timeout_at(limit.at.into(), running)
        .map(move |outcome| outcome.unwrap_or_else(|_| Err(limit.exceeded())))
}
