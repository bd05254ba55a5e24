//! Applies a load: a number of tasks that call one after the other.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{Failure, Latencies, Load, Measured, load};

/// A call or a batch may take as long as it likes, but a load that hangs is a failure.
const GRACE: Duration = Duration::from_secs(30);

/// The client of one variant; clones share a connection.
pub trait Caller: Clone + Send + Sync + 'static {
    /// Makes one call, and returns its answer; or publishes one message, and returns `n` when the broker
    /// has confirmed it.
    fn echo(&self, n: u64) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Makes one call with `text`, and returns whether the answer was the same.
    fn echo_text(&self, text: &str) -> impl Future<Output = Result<bool, Failure>> + Send {
        let _ = text;
        async { Err("this variant echoes numbers only".into()) }
    }
}

/// Applies `load`; the first wrong or missing answer ends it.
///
/// # Errors
/// That answer, or a call that is not answered half a minute after the load's end.
pub async fn apply(caller: &impl Caller, load: Load) -> Result<Measured, Failure> {
    let begin = Instant::now();
    let run = Arc::new(Run {
        latencies: Latencies::default(),
        text: load.text_bytes.map(load::text),
        end: begin + load.duration,
    });
    let mut tasks = JoinSet::new();
    for task in 0..load.calls_in_flight as u64 {
        // Shares of the calls that differ by at most one.
        let of = load.calls_in_flight as u64;
        let share = load.calls.map_or(u64::MAX, |calls| calls / of + u64::from(task < calls % of));
        tasks.spawn(call_repeatedly(caller.clone(), task << 32, share, Arc::clone(&run)));
    }
    let all_end = async {
        while let Some(task) = tasks.join_next().await {
            task??;
        }
        Ok::<_, Failure>(())
    };
    tokio::time::timeout(load.duration + GRACE, all_end).await.map_err(|_| "a call is never answered")??;
    Measured::new(&run.latencies, begin.elapsed())
}

/// What the tasks of one load share.
struct Run {
    latencies: Latencies,
    text: Option<String>,
    end: Instant,
}

async fn call_repeatedly(caller: impl Caller, first: u64, calls: u64, run: Arc<Run>) -> Result<(), Failure> {
    let mut begin = Instant::now();
    for n in first..first.saturating_add(calls) {
        call(&caller, n, run.text.as_deref()).await?;
        let now = Instant::now();
        run.latencies.record(now - begin);
        begin = now;
        if now >= run.end {
            break;
        }
    }
    Ok(())
}

async fn call(caller: &impl Caller, n: u64, text: Option<&str>) -> Result<(), Failure> {
    if let Some(text) = text {
        return match caller.echo_text(text).await? {
            true => Ok(()),
            false => Err("the echo of a text was another".into()),
        };
    }
    match caller.echo(n).await? {
        answer if answer == n => Ok(()),
        answer => Err(format!("the echo of {n} was {answer}").into()),
    }
}
