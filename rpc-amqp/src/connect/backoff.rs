//! How long to wait before the next attempt to connect: full jitter, so that clients of one broker do not come back together.

use std::time::Duration;

use uuid::Uuid;

/// The first delay is below this, each further one below twice the last bound.
const FIRST: Duration = Duration::from_millis(100);
/// No delay is above this.
const LONGEST: Duration = Duration::from_secs(30);

/// What lived this long was worth making.
const SETTLED: Duration = Duration::from_secs(1);

/// Delays between attempts, each random between nothing and a bound that doubles.
///
/// Full jitter spreads the load best and costs the single client least (AWS Architecture Blog, "Exponential Backoff And Jitter",
/// 2015).
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait now.
    pub fn next_delay(&mut self) -> Duration {
        let bound = bound(self.failures);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(random_share())
    }

    /// What the last attempt made has lived for so long: where that was of use, begin anew.
    pub fn reset_after(&mut self, lived: Duration) {
        if lived >= SETTLED {
            self.reset();
        }
    }

    /// What the last attempt made was of use: begin anew.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

fn bound(failures: u32) -> Duration {
    1u32.checked_shl(failures)
        .and_then(|factor| FIRST.checked_mul(factor))
        .map_or(LONGEST, |it| it.min(LONGEST))
}

/// Evenly spread over 0 up to 1.
fn random_share() -> f64 {
    // The version and variant of a random UUID are in its upper half's end and its lower half's beginning.
    let bits = (Uuid::new_v4().as_u128() & u128::from(u32::MAX)) as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_half_a_minute_and_begin_anew() {
        let bounds: Vec<u128> =
            [0, 1, 2, 8, 9, 31, 32, u32::MAX].map(bound).iter().map(Duration::as_millis).collect();
        assert_eq!(bounds, [100, 200, 400, 25_600, 30_000, 30_000, 30_000, 30_000]);
        let mut backoff = Backoff::default();
        for _ in 0..40 {
            assert!(backoff.next_delay() <= LONGEST);
        }
        backoff.reset_after(Duration::from_millis(999));
        assert_ne!(backoff.failures, 0, "what breaks at once is not made again at once");
        backoff.reset_after(Duration::from_secs(1));
        assert!(backoff.next_delay() < FIRST);
    }

    #[test]
    fn two_hundred_clients_come_back_spread_over_the_whole_delay() {
        let mut tenths = [0; 10];
        for _ in 0..200 {
            let mut backoff = Backoff { failures: 5 };
            let share = backoff.next_delay().as_secs_f64() / bound(5).as_secs_f64();
            tenths[((share * 10.0) as usize).min(9)] += 1;
        }
        // Twenty each on average; more than three standard deviations from it in none, but once in thousands of runs.
        assert!(tenths.iter().all(|clients| (1..=45).contains(clients)), "{tenths:?}");
    }
}
