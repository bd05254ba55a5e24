//! How long a layer lets a call wait that has no caller.

use std::time::{Duration, Instant};

use crate::message::Inherited;

/// Then it is refused, and the server tries it again. So a server that stops is not held up by what waits, and a method with a limit of time
/// still has nearly all of it.
pub(super) fn max_wait() -> Duration {
    const LONGEST: Duration = Duration::from_secs(1);
    time_left().map_or(LONGEST, |left| LONGEST.min(left / 10))
}

/// How long the call may still run, where something limits that.
pub(super) fn time_left() -> Option<Duration> {
    Inherited::current().deadline.map(|end| end.saturating_duration_since(Instant::now()))
}
