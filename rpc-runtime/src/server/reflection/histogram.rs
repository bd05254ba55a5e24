//! How long calls took: a histogram that costs one atomic operation per call.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The bits of a duration after its highest one that tell buckets apart.
const STEP_BITS: u32 = 2;
const STEPS: u64 = 1 << STEP_BITS;
/// Durations of 2^36 µs, which are 19 hours, and more share the last bucket.
const MAX_BITS: u32 = 36;
const BUCKETS: usize = ((MAX_BITS - STEP_BITS + 1) << STEP_BITS) as usize;

/// Counts durations in microseconds. Each power of two has four buckets, so that what is read differs by an eighth at
/// most from what was counted.
#[derive(Debug)]
pub(crate) struct Histogram([AtomicU64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; BUCKETS])
    }
}

impl Histogram {
    pub(crate) fn count(&self, duration: Duration) {
        self.0[bucket(duration)].fetch_add(1, Ordering::Relaxed);
    }

    /// The counts of now.
    pub(crate) fn read(&self) -> Counts {
        let counts: Vec<_> = self.0.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Counts { total: counts.iter().sum(), counts }
    }
}

/// What a histogram has counted.
#[derive(Debug)]
pub(crate) struct Counts {
    counts: Vec<u64>,
    pub(crate) total: u64,
}

impl Counts {
    /// The duration that `percent` of those counted do not exceed. `None` if there are none.
    pub(crate) fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = (u128::from(self.total) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let is_reached = |count: &u64| {
            seen += u128::from(*count);
            seen >= rank
        };
        self.counts.iter().position(is_reached).map(middle)
    }
}

fn bucket(duration: Duration) -> usize {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).min((1 << MAX_BITS) - 1);
    if micros < STEPS {
        // There is a bucket for each.
        return micros as usize;
    }
    let octave = micros.ilog2() - STEP_BITS;
    ((u64::from(octave) << STEP_BITS) + (micros >> octave)) as usize
}

/// The middle of a bucket.
fn middle(bucket: usize) -> Duration {
    let bucket = bucket as u64;
    if bucket < STEPS {
        return Duration::from_micros(bucket);
    }
    let octave = (bucket >> STEP_BITS) - 1;
    let width = 1 << octave;
    let low = (STEPS + (bucket & (STEPS - 1))) << octave;
    Duration::from_micros(low + width / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_differs_by_an_eighth_at_most_from_what_was_counted() {
        let powers = (0..36).flat_map(|bits| {
            let power = 1_u64 << bits;
            [power - 1, power, power + power / 3, power + power / 2, power + (power - 1)]
        });
        for micros in powers {
            let histogram = Histogram::default();
            histogram.count(Duration::from_micros(micros));
            let counts = histogram.read();
            let read = counts.percentile(50).unwrap().as_micros();
            let off = read.abs_diff(u128::from(micros));
            assert!(off * 8 <= u128::from(micros), "{micros} is read as {read}");
            assert_eq!(counts.total, 1);
        }
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let all: Vec<_> = (0..100_000).map(|micros| bucket(Duration::from_micros(micros))).collect();
        assert!(all.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1));
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_those_of_what_was_counted() {
        let histogram = Histogram::default();
        assert_eq!(histogram.read().percentile(50), None);
        (0..98).for_each(|_| histogram.count(Duration::from_micros(2)));
        (0..2).for_each(|_| histogram.count(Duration::from_secs(1)));
        let counts = histogram.read();
        assert_eq!(counts.percentile(50), Some(Duration::from_micros(2)));
        assert_eq!(counts.percentile(98), Some(Duration::from_micros(2)));
        assert!(counts.percentile(99).unwrap() > Duration::from_millis(800));
    }
}
