//! The delay before the next attempt to connect: exponential backoff with full jitter, so that the clients of
//! one broker do not all reconnect at the same time.

use std::time::Duration;

use uuid::Uuid;

/// The bound of the first delay. It doubles with each failure.
const FIRST_BOUND: Duration = Duration::from_millis(100);
/// The maximum of the bound.
const MAX_BOUND: Duration = Duration::from_secs(30);

/// After a connection has lasted this long, the backoff is reset.
const STABLE_AFTER: Duration = Duration::from_secs(1);

/// Computes random delays between zero and a bound that doubles with each failure, from 100 ms to 30 s.
///
/// Full jitter spreads the load best, and delays each client least (AWS Architecture Blog, "Exponential
/// Backoff And Jitter", 2015).
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The delay before the next attempt. Counts one failure.
    pub fn next_delay(&mut self) -> Duration {
        let bound = bound(self.failures);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(random_share())
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
    }
}

fn bound(failures: u32) -> Duration {
    1u32.checked_shl(failures)
        .and_then(|factor| FIRST_BOUND.checked_mul(factor))
        .map_or(MAX_BOUND, |bound| bound.min(MAX_BOUND))
}

/// A random number, evenly distributed from 0 up to 1.
fn random_share() -> f64 {
    // The lowest 32 bits of a random UUID: its version and variant are in higher ones.
    let bits = (Uuid::new_v4().as_u128() & u128::from(u32::MAX)) as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_half_a_minute_and_reset() {
        let bounds: Vec<u128> =
            [0, 1, 2, 8, 9, 31, 32, u32::MAX].map(bound).iter().map(Duration::as_millis).collect();
        assert_eq!(bounds, [100, 200, 400, 25_600, 30_000, 30_000, 30_000, 30_000]);
        let mut backoff = Backoff::default();
        for _ in 0..40 {
            assert!(backoff.next_delay() <= MAX_BOUND);
        }
        backoff.reset_after(Duration::from_millis(999));
        assert_ne!(
            backoff.failures, 0,
            "a connection that was lost after less than a second does not reset the backoff"
        );
        backoff.reset_after(Duration::from_secs(1));
        assert!(backoff.next_delay() < FIRST_BOUND);
    }

    #[test]
    fn two_hundred_clients_come_back_spread_over_the_whole_delay() {
        let mut tenths = [0; 10];
        for _ in 0..200 {
            let mut backoff = Backoff { failures: 5 };
            let share = backoff.next_delay().as_secs_f64() / bound(5).as_secs_f64();
            tenths[((share * 10.0) as usize).min(9)] += 1;
        }
        // Twenty each on average. A count outside these limits occurs once in thousands of runs.
        assert!(tenths.iter().all(|clients| (1..=45).contains(clients)), "{tenths:?}");
    }
}
