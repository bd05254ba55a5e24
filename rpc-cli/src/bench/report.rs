//! The report of a measurement: text for people, JSON for programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    plan::{Load, Made, Pace},
    recorder::Measured,
};
use crate::{exit::Exit, failure::Failure};

/// The longest bar of the histogram.
const BAR_CHARS: u64 = 40;

const QUANTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)];

#[derive(Debug)]
pub(super) struct Report<'r> {
    pub(super) method: &'r str,
    pub(super) load: &'r Load,
    pub(super) made: &'r Made,
    pub(super) measured: &'r Measured,
}

impl Report<'_> {
    pub(super) fn json(&self) -> Value {
        let Self { method, load, made, measured } = self;
        let (rate, in_flight) = match load.pace {
            Pace::InFlight(in_flight) => (None, in_flight),
            Pace::Rate { per_second, in_flight } => (Some(per_second), in_flight),
        };
        let steps = measured.doubling().into_iter();
        let histogram: Value =
            steps.map(|(up_to, calls)| json!({ "below_us": micros(up_to), "calls": calls })).collect();
        let quantile = |quantile| micros(measured.latency(quantile));
        json!({
            "method": method, "rate": rate, "concurrency": in_flight, "seconds": made.elapsed.as_secs_f64(),
            "calls": measured.calls(), "failed": measured.failed(), "not_made": made.not_made,
            "errors": measured.errors, "calls_per_second": self.calls_per_second(),
            "latency_us": {
                "min": micros(measured.shortest()), "mean": micros(measured.mean()),
                "p50": quantile(0.5), "p90": quantile(0.9), "p99": quantile(0.99), "p99_9": quantile(0.999),
                "max": quantile(1.0),
            },
            "histogram": histogram,
        })
    }

    pub(super) fn text(&self) -> String {
        let Self { method, made, measured, .. } = self;
        let mut text = format!(
            "{method}: {} calls in {:.2} s, {:.0} calls/s, {} failed\n",
            measured.calls(),
            made.elapsed.as_secs_f64(),
            self.calls_per_second(),
            measured.failed(),
        );
        for (kind, count) in &measured.errors {
            text += &format!("  {count} × {kind}\n");
        }
        if made.not_made > 0 {
            text += &format!("  {} calls were due, and could not be made in time\n", made.not_made);
        }
        if measured.calls() == 0 {
            return text.trim_end().to_owned();
        }
        text += "\nlatency\n";
        for (name, quantile) in QUANTILES {
            text += &format!("  {name:<6} {:>10}\n", shown(measured.latency(quantile)));
        }
        text += &format!("  {:<6} {:>10}\n\n", "mean", shown(measured.mean()));
        text += &histogram(&measured.doubling());
        text.trim_end().to_owned()
    }

    /// # Errors
    /// When no call succeeded: then nothing was measured.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.measured.calls() > 0 {
            return Ok(());
        }
        let is_timeout = self.measured.errors.keys().all(|kind| kind == "timeout");
        let exit = if is_timeout { Exit::Timeout } else { Exit::Remote };
        Err(Failure::new(exit, format!("no call of {} succeeded", self.method))
            .advice("make one with `amqp-rpc call`, which tells more; or measure for longer"))
    }

    /// Those that succeeded.
    fn calls_per_second(&self) -> f64 {
        let seconds = self.made.elapsed.as_secs_f64();
        if seconds > 0.0 { self.measured.calls() as f64 / seconds } else { 0.0 }
    }
}

/// A line for each step, with a bar.
fn histogram(steps: &[(Duration, u64)]) -> String {
    let most = steps.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let mut text = String::new();
    for (up_to, count) in steps {
        let length = (count * BAR_CHARS).div_ceil(most);
        let bar = "█".repeat(usize::try_from(length).unwrap_or_default());
        text += format!("  < {:>9} {count:>9} {bar}", shown(*up_to)).trim_end();
        text.push('\n');
    }
    text
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.001 => format!("{:.0} µs", seconds * 1e6),
        seconds if seconds < 1.0 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_that_of_the_most_calls_and_no_call_is_without_one() {
        let text = histogram(&[
            (Duration::from_micros(128), 1),
            (Duration::from_micros(256), 0),
            (Duration::from_millis(1), 1_000),
        ]);
        let bars: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(bars, [1, 0, 40], "{text}");
        assert!(text.starts_with("  <    128 µs         1 █\n"), "{text:?}");
    }
}
