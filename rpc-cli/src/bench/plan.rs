//! Which calls are made, and what becomes of them.

use std::time::Duration;

use tokio::time::Instant;

/// Which calls are made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Load {
    pub(super) pace: Pace,
    pub(super) end: End,
    /// Calls that are due earlier than this after the beginning are not measured.
    pub(super) warm_up: Duration,
    /// Wait for the time of a call more exactly than tokio's timers do, which count milliseconds.
    pub(super) is_exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pace {
    /// So many calls in flight: a closed loop.
    InFlight(usize),
    /// So many calls per second, and at most so many in flight: an open loop. A call that has to wait for others is
    /// late, and its latency says so.
    Rate { per_second: f64, in_flight: usize },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    After(Duration),
    /// So many measured calls.
    Calls(u64),
}

/// A call that has ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) due_at: Instant,
    pub(super) ended_at: Instant,
    /// The kind of its error.
    pub(super) outcome: Result<(), String>,
}

/// What was made of the load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Made {
    /// From the first measured call that was due to the end of the last.
    pub(super) elapsed: Duration,
    /// Calls that were due, and were not made before the end: too many others were in flight.
    pub(super) not_made: u64,
    pub(super) is_interrupted: bool,
}
