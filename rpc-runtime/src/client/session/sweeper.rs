//! The sweeper: one timer for all timeouts of a client, awake only while calls are pending.

#[cfg(all(test, shuttle))]
mod schedules;

use std::{
    future::Future,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    shared::{Session, SessionState},
    sweep_trigger::SweepTrigger,
};
use crate::{contract::MethodDef, dialect::caught};

/// How late a timeout is noticed at most, if not more than a thousand calls are late at once.
const TICK: Duration = Duration::from_millis(5);
/// A queue status that comes later is too late for the calls that it was asked for.
const QUERY_TIMEOUT: Duration = Duration::from_secs(1);
/// Ticks without anything to sweep before the sweeper sleeps: a caller that makes one call after the other
/// wakes it only once.
const IDLE_TICKS: u32 = if cfg!(all(test, shuttle)) { 1 } else { 20 };

/// Sweeps until the session is gone.
pub(crate) async fn run(session: Weak<Session>, trigger: Arc<SweepTrigger>) {
    // Aborted when this task is dropped.
    let mut queries = JoinSet::new();
    let next_sweep = || async {
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = trigger.returned.notified() => {}
        }
    };
    sweep_while_awake(&trigger, next_sweep, || Some(sweep(&session.upgrade()?, &mut queries))).await;
}

/// Sweeps whenever it is woken, as long as there is something to sweep. Ends when `sweep` returns `None`.
async fn sweep_while_awake<F: Future<Output = ()>>(
    trigger: &SweepTrigger,
    next_sweep: impl Fn() -> F,
    mut sweep: impl FnMut() -> Option<bool>,
) {
    loop {
        trigger.wait().await;
        let mut idle = 0;
        while idle < IDLE_TICKS {
            next_sweep().await;
            let Some(has_more) = sweep() else { return };
            idle = if has_more { 0 } else { idle + 1 };
        }
        trigger.fall_asleep();
        // A call that came between the last sweep and `fall_asleep` saw the sweeper awake and did not wake
        // it.
        let Some(has_more) = sweep() else { return };
        if has_more {
            trigger.wake();
        }
    }
}

/// Returns whether there is more to sweep.
fn sweep(session: &Arc<Session>, queries: &mut JoinSet<()>) -> bool {
    let swept = session.sweep(Instant::now());
    for method in swept.soon_late {
        queries.spawn(query_consumers(Arc::clone(session), method));
    }
    while queries.try_join_next().is_some() {}
    swept.has_more
}

/// Asks the broker who consumes the queue of `method`, so that the errors of the calls that time out can say
/// it.
async fn query_consumers(session: Arc<Session>, method: &'static MethodDef) {
    let SessionState::Ready(link) = session.state() else { return };
    let queue = match &session.settings.dialect {
        None => session.settings.namespace.queue(method.queue),
        Some(dialect) => match caught(|| dialect.target(method, method.full_name)) {
            Some(Ok(target)) if !target.queue.is_empty() => target.queue,
            _ => return,
        },
    };
    let answer = tokio::time::timeout(QUERY_TIMEOUT, session.queues.query(&queue, &link)).await;
    if let Ok(Err(error)) = answer {
        tracing::debug!(%error, queue = &*queue, "the broker did not report the consumers of the queue");
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn other_tasks_run_between_two_slices_of_late_calls() {
        let (trigger, turns) = (SweepTrigger::default(), Cell::new(0));
        trigger.wake();
        let mut seen = Vec::new();
        let slices = sweep_while_awake(
            &trigger,
            || tokio::time::sleep(TICK),
            || {
                seen.push(turns.get());
                (seen.len() < 20).then_some(true)
            },
        );
        let others = async {
            loop {
                tokio::time::sleep(TICK / 5).await;
                turns.set(turns.get() + 1);
            }
        };
        tokio::select! {
            () = slices => {}
            () = others => {}
        }
        assert!(seen.is_sorted_by(|earlier, later| earlier < later), "{seen:?}");
    }
}
