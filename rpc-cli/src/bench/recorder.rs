//! Counts calls: their latencies, and the kinds of errors.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::{
    csv::{Csv, Second},
    plan::Done,
};
use crate::failure::Failure;

/// Longer latencies count as this.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Latencies are kept to three digits.
const DIGITS: u8 = 3;
/// Further kinds of errors are counted together.
const MAX_KINDS: usize = 32;

/// Counts calls as they end.
#[derive(Debug)]
pub(super) struct Recorder {
    measured_from: Option<Instant>,
    measured: Measured,
    second: OneSecond,
    csv: Option<Csv>,
    failure: Option<Failure>,
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    /// In nanoseconds, of calls that succeeded.
    latencies: Histogram<u64>,
    pub(super) errors: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct OneSecond {
    number: u64,
    latencies: Histogram<u64>,
    failed: u64,
}

impl Recorder {
    pub(super) fn new(csv: Option<Csv>) -> Self {
        let measured = Measured { latencies: histogram(), errors: BTreeMap::new() };
        let second = OneSecond { number: 0, latencies: histogram(), failed: 0 };
        Self { measured_from: None, measured, second, csv, failure: None }
    }

    /// Sets from when calls count: those that were due earlier do not.
    pub(super) fn begin(&mut self, measured_from: Instant) {
        self.measured_from = Some(measured_from);
    }

    pub(super) fn record(&mut self, done: Done) {
        let Some(from) = self.measured_from.filter(|from| done.due_at >= *from) else { return };
        if self.csv.is_some() {
            self.advance(done.ended_at.saturating_duration_since(from).as_secs());
        }
        match done.outcome {
            Ok(()) => {
                let latency = done.ended_at.saturating_duration_since(done.due_at);
                let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
                self.measured.latencies.saturating_record(nanoseconds);
                self.second.latencies.saturating_record(nanoseconds);
            }
            Err(kind) => {
                let is_new = !self.measured.errors.contains_key(&kind);
                let is_full = is_new && self.measured.errors.len() >= MAX_KINDS;
                let kind = if is_full { "other".to_owned() } else { kind };
                *self.measured.errors.entry(kind).or_default() += 1;
                self.second.failed += 1;
            }
        }
    }

    /// What was measured so far.
    pub(super) fn so_far(&self) -> &Measured {
        &self.measured
    }

    /// What was measured, and why the file of rows could not be written: that takes nothing away from the measurement.
    pub(super) fn finish(mut self) -> (Measured, Result<(), Failure>) {
        if self.csv.is_some() {
            self.write_second();
        }
        let finished = self.csv.take().map_or(Ok(()), Csv::finish);
        (self.measured, self.failure.map_or(finished, Err))
    }

    /// Writes the row of each second before this one.
    fn advance(&mut self, second: u64) {
        while self.second.number < second {
            self.write_second();
            self.second.number += 1;
            self.second.latencies.reset();
            self.second.failed = 0;
        }
    }

    /// The first failure is kept: the measurement goes on without rows.
    fn write_second(&mut self) {
        let OneSecond { number, latencies, failed } = &self.second;
        let microseconds = |quantile| latencies.value_at_quantile(quantile) / 1000;
        let row = Second {
            number: *number,
            calls: latencies.len(),
            failed: *failed,
            latencies: [0.5, 0.9, 0.99, 0.999, 1.0].map(microseconds),
        };
        let Some(csv) = &mut self.csv else { return };
        if let Err(failure) = csv.write(&row) {
            self.failure = Some(failure);
            self.csv = None;
        }
    }
}

impl Measured {
    /// The calls that succeeded.
    pub(super) fn calls(&self) -> u64 {
        self.latencies.len()
    }

    /// The calls that failed.
    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// The latency that this part of the calls kept, 1 for all. Zero without calls.
    pub(super) fn latency(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.latencies.value_at_quantile(quantile))
    }

    pub(super) fn mean(&self) -> Duration {
        Duration::from_nanos(self.latencies.mean() as u64)
    }

    /// The shortest latency; zero without calls.
    pub(super) fn shortest(&self) -> Duration {
        Duration::from_nanos(if self.latencies.is_empty() { 0 } else { self.latencies.min() })
    }

    /// How many calls took up to a time, and longer than the one before: times that double, from the shortest latency
    /// to the longest.
    pub(super) fn doubling(&self) -> Vec<(Duration, u64)> {
        let mut steps = Vec::new();
        if self.latencies.is_empty() {
            return steps;
        }
        let (mut from, mut below) = (0, 1_000);
        let longest = self.latencies.max();
        while from <= longest {
            let count = self.latencies.count_between(from, below - 1);
            if count > 0 || !steps.is_empty() {
                steps.push((Duration::from_nanos(below), count));
            }
            (from, below) = (below, below * 2);
        }
        steps
    }
}

fn histogram() -> Histogram<u64> {
    let longest = u64::try_from(LONGEST.as_nanos()).unwrap_or(u64::MAX);
    Histogram::new_with_bounds(1, longest, DIGITS)
        .expect("the bounds and the digits are those of a histogram")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(begin: Instant, milliseconds: u64) -> Done {
        let ended_at = begin + Duration::from_millis(milliseconds);
        Done { due_at: begin, ended_at, outcome: Ok(()) }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_in_the_step_of_their_latency() {
        let mut recorder = Recorder::new(None);
        let begin = Instant::now();
        recorder.begin(begin);
        for milliseconds in [1, 1, 3, 100] {
            recorder.record(done(begin, milliseconds));
        }
        let measured = recorder.finish().0;
        let steps = measured.doubling();
        assert_eq!(steps.iter().map(|(_, count)| count).sum::<u64>(), 4);
        assert_eq!(steps.first(), Some(&(Duration::from_micros(1_024), 2)));
        assert_eq!(steps.last(), Some(&(Duration::from_micros(131_072), 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn kinds_of_errors_are_bounded() {
        let mut recorder = Recorder::new(None);
        let begin = Instant::now();
        recorder.begin(begin);
        for kind in 0..100 {
            recorder.record(Done { outcome: Err(format!("fault {kind}")), ..done(begin, 1) });
        }
        let measured = recorder.finish().0;
        assert_eq!((measured.errors.len(), measured.failed(), measured.calls()), (33, 100, 0));
        assert_eq!(measured.errors["other"], 68);
        assert_eq!(measured.latency(0.5), Duration::ZERO);
        assert!(measured.doubling().is_empty());
    }
}
