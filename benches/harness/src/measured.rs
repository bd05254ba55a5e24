//! The results of one load, as text that travels between processes.

use std::{fmt, str::FromStr, time::Duration};

use crate::{Failure, Latencies};

/// `CALLS ELAPSED P50 P99 P99.9`, times in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// The calls that were answered.
    pub calls: u64,
    /// From the first call to the last answer.
    pub elapsed: Duration,
    /// The latency that half of the calls kept.
    pub median: Duration,
    /// The latency that all calls but one in a hundred kept.
    pub p99: Duration,
    /// The latency that all calls but one in a thousand kept.
    pub p999: Duration,
}

impl Measured {
    /// The results of calls that took `elapsed` together.
    ///
    /// # Errors
    /// Without any call.
    pub fn new(latencies: &Latencies, elapsed: Duration) -> Result<Self, Failure> {
        let quantile = |quantile| latencies.quantile(quantile).ok_or("no call was made");
        Ok(Self {
            calls: latencies.count(),
            elapsed,
            median: quantile(0.5)?,
            p99: quantile(0.99)?,
            p999: quantile(0.999)?,
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.calls)?;
        [self.elapsed, self.median, self.p99, self.p999]
            .iter()
            .try_for_each(|time| write!(f, " {}", time.as_nanos()))
    }
}

impl FromStr for Measured {
    type Err = Failure;

    fn from_str(line: &str) -> Result<Self, Failure> {
        let numbers: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [calls, elapsed, median, p99, p999] = numbers[..] else {
            return Err(format!("a client measured {line:?}").into());
        };
        let [elapsed, median, p99, p999] = [elapsed, median, p99, p999].map(Duration::from_nanos);
        Ok(Self { calls, elapsed, median, p99, p999 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_as_they_were_written() {
        let latencies = Latencies::default();
        latencies.record(Duration::from_micros(300));
        let measured = Measured::new(&latencies, Duration::from_secs(1)).expect("a call was made");
        assert_eq!(measured.to_string().parse::<Measured>().expect("it was written so"), measured);
    }

    #[test]
    fn no_call_is_no_result() {
        assert!(Measured::new(&Latencies::default(), Duration::from_secs(1)).is_err());
        assert!("1 2 3".parse::<Measured>().is_err());
    }
}
