//! The time for which a layer lets a call without a caller wait.

use std::time::{Duration, Instant};

use crate::message::Inherited;

/// The longest time for which a call without a caller waits in a layer. Then the layer refuses it, and the
/// server retries it. So waiting calls do not delay a shutdown, and a method with a time limit has nearly all
/// of it.
pub(super) fn max_wait() -> Duration {
    const MAX: Duration = Duration::from_secs(1);
    time_left().map_or(MAX, |left| MAX.min(left / 10))
}

/// The time for which the call may still run, if it is limited.
pub(super) fn time_left() -> Option<Duration> {
    Inherited::current().deadline.map(|end| end.saturating_duration_since(Instant::now()))
}
