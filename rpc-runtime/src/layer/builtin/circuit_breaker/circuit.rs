//! The state of one circuit: a function of what ends, and when.

use std::time::Duration;

use tokio::time::Instant;

use super::CircuitOptions;
use crate::layer::builtin::window::Window;

/// What the outcome of a call says of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Succeeded,
    Failed,
    /// Nothing.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Circuit {
    options: CircuitOptions,
    state: State,
    /// Counts the changes of the state: what was admitted before one does not count after it.
    epoch: u64,
}

#[derive(Debug)]
enum State {
    /// Calls with failures marked.
    Closed(Window),
    Open {
        until: Instant,
    },
    HalfOpen {
        running: u32,
        succeeded: u32,
    },
}

impl Circuit {
    pub(super) fn new(options: CircuitOptions) -> Self {
        Self { options, state: State::Closed(Window::new()), epoch: 0 }
    }

    /// Lets a call through, in the epoch that is returned.
    ///
    /// # Errors
    /// How long it is until calls may be let through again.
    pub(super) fn admit(&mut self) -> Result<u64, Duration> {
        let now = Instant::now();
        match &mut self.state {
            State::Closed(_) => {}
            State::Open { until } if *until > now => return Err(*until - now),
            State::Open { .. } => self.enter(State::HalfOpen { running: 1, succeeded: 0 }),
            State::HalfOpen { running, succeeded } => {
                if *running + *succeeded >= self.options.half_open_calls {
                    // It depends on the calls that run.
                    return Err(Duration::ZERO);
                }
                *running += 1;
            }
        }
        Ok(self.epoch)
    }

    /// Records the end of a call that was admitted in `epoch`. `queue`: for the log.
    pub(super) fn record(&mut self, epoch: u64, verdict: Verdict, queue: &str) {
        if epoch != self.epoch {
            return;
        }
        match &mut self.state {
            State::Closed(window) => {
                if verdict == Verdict::Unknown {
                    return;
                }
                window.count();
                if verdict == Verdict::Succeeded {
                    return;
                }
                window.count_marked();
                let sums = window.sums();
                let rate = f64::from(sums.marked) / f64::from(sums.all);
                if sums.all >= self.options.min_calls && rate >= self.options.failure_rate {
                    tracing::warn!(
                        queue,
                        failed = sums.marked,
                        calls = sums.all,
                        open_for = ?self.options.open_for,
                        "most calls of this queue fail; no more are sent for now"
                    );
                    self.open();
                }
            }
            // No call is admitted in such an epoch.
            State::Open { .. } => {}
            State::HalfOpen { running, succeeded } => {
                *running -= 1;
                match verdict {
                    Verdict::Unknown => {}
                    Verdict::Failed => {
                        tracing::warn!(
                            queue,
                            "a call of this queue has failed again; no more are sent for now"
                        );
                        self.open();
                    }
                    Verdict::Succeeded => {
                        *succeeded += 1;
                        if *succeeded == self.options.half_open_calls {
                            tracing::info!(queue, "calls of this queue succeed again");
                            self.enter(State::Closed(Window::new()));
                        }
                    }
                }
            }
        }
    }

    fn open(&mut self) {
        let now = Instant::now();
        // A time that the clock cannot count is a century.
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        let until = now.checked_add(self.options.open_for).unwrap_or(now + CENTURY);
        self.enter(State::Open { until });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }
}
