//! Bounded waits: for a future, and for a condition that can only be polled.

use std::{future::Future, panic::Location, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// The longest wait for something that should happen at once. Generous, because a test machine may be busy.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// Awaits `future`, and panics at the caller's line when `what` has not happened within [`TIMEOUT`].
#[track_caller]
pub(crate) fn within<F: Future>(what: &str, future: F) -> impl Future<Output = F::Output> {
    let caller = Location::caller();
    async move {
        timeout(TIMEOUT, future)
            .await
            .unwrap_or_else(|_| panic!("{caller}: still waiting for {what} after {TIMEOUT:?}"))
    }
}

/// Polls `condition` until it holds; panics at the caller's line after [`TIMEOUT`].
///
/// For facts without a notification, such as a queue's depth. Where something can be awaited, await it.
#[track_caller]
pub(crate) fn await_until<C, F>(what: &str, condition: C) -> impl Future<Output = ()>
where
    C: FnMut() -> F,
    F: Future<Output = bool>,
{
    await_within(TIMEOUT, what, condition)
}

/// The same with a bound of its own, for what takes a busy machine long.
#[track_caller]
pub(crate) fn await_within<C, F>(bound: Duration, what: &str, mut condition: C) -> impl Future<Output = ()>
where
    C: FnMut() -> F,
    F: Future<Output = bool>,
{
    let caller = Location::caller();
    async move {
        let deadline = Instant::now() + bound;
        let mut polls = interval(Duration::from_millis(10));
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            polls.tick().await;
            if condition().await {
                return;
            }
            assert!(Instant::now() < deadline, "{caller}: still waiting until {what} after {bound:?}");
        }
    }
}
