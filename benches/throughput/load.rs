//! The load: a number of tasks that call one after the other, and their measurements, as text that travels
//! between processes.

use std::{
    fmt,
    future::Future,
    str::FromStr,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::Failure;

/// `CALLS_IN_FLIGHT SECONDS [CALLS]`: ends with whichever comes first; a number of calls is for profilers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    pub(crate) calls_in_flight: usize,
    pub(crate) duration: Duration,
    pub(crate) calls: Option<u64>,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.calls_in_flight, self.duration.as_secs_f64())?;
        self.calls.map_or(Ok(()), |calls| write!(f, " {calls}"))
    }
}

impl FromStr for Load {
    type Err = Failure;

    fn from_str(line: &str) -> Result<Self, Failure> {
        let mut words = line.split_whitespace();
        let mut word =
            || words.next().ok_or("a load is: calls in flight, seconds, perhaps a number of calls");
        Ok(Self {
            calls_in_flight: word()?.parse()?,
            duration: Duration::try_from_secs_f64(word()?.parse()?)?,
            calls: words.next().map(str::parse).transpose()?,
        })
    }
}

/// The results of one load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Measured {
    pub(crate) calls: usize,
    pub(crate) elapsed: Duration,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, elapsed, median, p99 } = self;
        write!(f, "{calls} {} {} {}", elapsed.as_nanos(), median.as_nanos(), p99.as_nanos())
    }
}

impl FromStr for Measured {
    type Err = Failure;

    fn from_str(line: &str) -> Result<Self, Failure> {
        let numbers: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [calls, elapsed, median, p99] = numbers[..] else {
            return Err(format!("a client measured {line:?}").into());
        };
        Ok(Self {
            calls: usize::try_from(calls)?,
            elapsed: Duration::from_nanos(elapsed),
            median: Duration::from_nanos(median),
            p99: Duration::from_nanos(p99),
        })
    }
}

/// The client of one variant; clones share a connection.
pub(crate) trait Caller: Clone + Send + Sync + 'static {
    /// Makes one call, and returns its answer; or publishes one message, and returns `n` when the broker
    /// has confirmed it.
    fn echo(&self, n: u64) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// Applies `load`; the first wrong or missing answer ends it.
pub(crate) async fn apply(caller: &impl Caller, load: Load) -> Result<Measured, Failure> {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..load.calls_in_flight as u64 {
        // Shares of the calls that differ by at most one.
        let of = load.calls_in_flight as u64;
        let share = load.calls.map_or(u64::MAX, |calls| calls / of + u64::from(task < calls % of));
        tasks.spawn(call_repeatedly(caller.clone(), task << 32, share, begin + load.duration));
    }
    let mut latencies = Vec::new();
    while let Some(task) = tasks.join_next().await {
        latencies.append(&mut task??);
    }
    let elapsed = begin.elapsed();
    latencies.sort_unstable();
    let (Some(&median), Some(&p99)) =
        (latencies.get(latencies.len() / 2), latencies.get(latencies.len() * 99 / 100))
    else {
        return Err("no call was made".into());
    };
    Ok(Measured { calls: latencies.len(), elapsed, median, p99 })
}

async fn call_repeatedly(
    caller: impl Caller,
    first: u64,
    calls: u64,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::new();
    let mut begin = Instant::now();
    for n in first..first.saturating_add(calls) {
        let answer = caller.echo(n).await?;
        if answer != n {
            return Err(format!("the echo of {n} was {answer}").into());
        }
        let now = Instant::now();
        latencies.push(now - begin);
        begin = now;
        if now >= end {
            break;
        }
    }
    Ok(latencies)
}
