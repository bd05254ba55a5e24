//! Latencies, counted in buckets: of fixed size, so that a client's memory is that of its calls.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Buckets between a power of two and the next: one is at most 0.4 % wide.
const STEPS: u64 = 1 << STEP_BITS;
const STEP_BITS: u32 = 8;
/// Longer latencies count as this: 2^36 ns, which is 69 s.
const MOST_BITS: u32 = 36;
const BUCKETS: usize = ((MOST_BITS - STEP_BITS + 1) as usize) << STEP_BITS;

/// The latencies of calls that end on any thread.
pub struct Latencies {
    buckets: Box<[AtomicU64]>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl Latencies {
    /// Counts one call.
    pub fn record(&self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket(nanoseconds)].fetch_add(1, Ordering::Relaxed);
    }

    /// The calls so far.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// The latency below which this part of the calls is, placed inside its bucket by rank; none without calls.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let rank = (self.count() as f64 * quantile).floor();
        let mut below = 0.0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            let count = count.load(Ordering::Relaxed) as f64;
            if below + count > rank {
                let (low, width) = bounds(bucket);
                let inside = (rank - below + 0.5) / count;
                return Some(Duration::from_nanos(low + (width as f64 * inside) as u64));
            }
            below += count;
        }
        None
    }
}

fn bucket(nanoseconds: u64) -> usize {
    let nanoseconds = nanoseconds.min((1 << MOST_BITS) - 1);
    let bits = u64::BITS - nanoseconds.leading_zeros();
    let shift = bits.saturating_sub(STEP_BITS + 1);
    (u64::from(shift) * STEPS + (nanoseconds >> shift)) as usize
}

/// The lowest latency of a bucket, and how many it holds.
fn bounds(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return (bucket, 1);
    }
    let shift = bucket / STEPS - 1;
    ((bucket - shift * STEPS) << shift, 1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_in_the_bounds_of_its_bucket() {
        for exponent in 0..MOST_BITS {
            for nanoseconds in
                [1 << exponent, (1 << exponent) + 1, (1 << exponent) * 3 / 2, (2 << exponent) - 1]
            {
                let (low, width) = bounds(bucket(nanoseconds));
                assert!((low..low + width).contains(&nanoseconds), "{nanoseconds} in {low} + {width}");
                assert!(width <= 1 || width as f64 / low as f64 <= 0.004, "{width} of {low}");
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_latencies() {
        let latencies = Latencies::default();
        for microseconds in 1..=1000 {
            latencies.record(Duration::from_micros(microseconds));
        }
        assert_eq!(latencies.count(), 1000);
        for (quantile, expected) in [(0.5, 501.0), (0.99, 991.0), (0.999, 1000.0)] {
            let found = latencies.quantile(quantile).expect("there are calls").as_secs_f64() * 1e6;
            assert!((found / expected - 1.0).abs() < 0.004, "{found} instead of {expected}");
        }
    }
}
