//! The delay before the next attempt to connect: exponential backoff with full jitter, so that the clients of
//! one broker do not all reconnect at the same time.

#[cfg(test)]
mod tests;

use std::time::Duration;

use uuid::Uuid;

use crate::options::ConnectOptions;

/// The bound of the first delay. It doubles with each failure.
const FIRST_BOUND: Duration = Duration::from_millis(100);

/// The least that the longest delay may be: without any, attempts would keep a processor busy.
const MIN_MAX_DELAY: Duration = Duration::from_millis(10);

/// After a connection has lasted this long, the backoff is reset.
const STABLE_AFTER: Duration = Duration::from_secs(1);

/// An attempt at a broker that takes this long shows that too many attempts are made at once.
const SLOW_ATTEMPT: Duration = Duration::from_secs(1);
/// How many times the longest delay a delay may be at a broker with too many attempts.
const CROWD_FACTOR: u32 = 8;

/// Computes random delays between zero and a bound that doubles with each failure, from 100 ms to
/// [`ConnectOptions::max_delay`].
///
/// Full jitter spreads the load best, and delays each client least (AWS Architecture Blog, "Exponential
/// Backoff And Jitter", 2015).
///
/// A broker that is down refuses an attempt at once, and an attempt costs it nothing: there short delays only
/// help. A broker that is up and does not finish an attempt has more of them than it can serve. The time that
/// it took is the size of the crowd, as far as one of it can see, and becomes the bound.
#[derive(Debug)]
pub struct Backoff {
    max_delay: Duration,
    failures: u32,
    /// The bound that slow attempts ask for.
    crowd_bound: Duration,
}

impl Backoff {
    /// A backoff with the longest delay of `options`.
    pub fn new(options: &ConnectOptions) -> Self {
        let max_delay = options.max_delay.max(MIN_MAX_DELAY);
        Self { max_delay, failures: 0, crowd_bound: Duration::ZERO }
    }

    /// The delay before the next attempt. Counts one failure.
    pub fn next_delay(&mut self) -> Duration {
        let bound = self.bound();
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(random_share())
    }

    /// Takes into account how long an attempt took that has failed, and whether a broker was reached.
    pub fn attempt_failed(&mut self, took: Duration, reached_broker: bool) {
        self.crowd_bound = if reached_broker && took >= SLOW_ATTEMPT {
            let longest = self.max_delay.saturating_mul(CROWD_FACTOR);
            took.max(self.crowd_bound.saturating_mul(2)).min(longest)
        } else {
            Duration::ZERO
        };
    }

    /// Resets the backoff if the last connection was up for at least one second.
    pub fn reset_after(&mut self, uptime: Duration) {
        if uptime >= STABLE_AFTER {
            self.reset();
        }
    }

    /// Resets the backoff to its first delay.
    pub fn reset(&mut self) {
        self.failures = 0;
        self.crowd_bound = Duration::ZERO;
    }

    fn bound(&self) -> Duration {
        let doubled = 1u32.checked_shl(self.failures).and_then(|factor| FIRST_BOUND.checked_mul(factor));
        doubled.map_or(self.max_delay, |bound| bound.min(self.max_delay)).max(self.crowd_bound)
    }
}

/// A random number, evenly distributed from 0 up to 1.
pub fn random_share() -> f64 {
    // The lowest 32 bits of a random UUID: its version and variant are in higher ones.
    let bits = (Uuid::new_v4().as_u128() & u128::from(u32::MAX)) as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
