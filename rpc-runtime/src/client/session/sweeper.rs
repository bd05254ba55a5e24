//! The sweeper: one timer for all calls of a client, awake only while calls are pending.

#[cfg(all(test, shuttle))]
mod schedules;

use std::{
    future::Future,
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::{sync::Notify, task::JoinSet};

use super::{
    shared::{Session, State},
    sync::AtomicBool,
};
use crate::contract::MethodDef;

/// How late a timeout may be noticed.
const TICK: Duration = Duration::from_millis(5);
/// An answer that comes later is of no use to the calls that it was asked for.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(1);
/// Ticks without anything to sweep before the sweeper sleeps: a caller that calls one after the other wakes it only once.
const IDLE_TICKS: u32 = if cfg!(all(test, shuttle)) { 1 } else { 20 };

/// Wakes the sweeper.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    awake: AtomicBool,
    wake: Notify,
    /// Notified when a request came back.
    pub(crate) returned: Arc<Notify>,
}

impl Alarm {
    /// Must follow every insertion into the pending table.
    pub(crate) fn wake(&self) {
        if !self.awake.load(Ordering::SeqCst) && !self.awake.swap(true, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }
}

/// Sweeps until the session is gone.
pub(crate) async fn run(session: Weak<Session>, alarm: Arc<Alarm>) {
    // Dropped with this task, and what is being asked with it.
    let mut questions = JoinSet::new();
    let next_look = || async {
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = alarm.returned.notified() => {}
        }
    };
    sweep_while_awake(&alarm, next_look, || Some(sweep(&session.upgrade()?, &mut questions))).await;
}

/// Sweeps whenever it is woken, as long as there is something to sweep, until `sweep` says that there never will be.
async fn sweep_while_awake<F: Future<Output = ()>>(
    alarm: &Alarm,
    next_look: impl Fn() -> F,
    mut sweep: impl FnMut() -> Option<bool>,
) {
    loop {
        alarm.wake.notified().await;
        let mut idle = 0;
        while idle < IDLE_TICKS {
            next_look().await;
            let Some(has_more) = sweep() else { return };
            idle = if has_more { 0 } else { idle + 1 };
        }
        alarm.awake.store(false, Ordering::SeqCst);
        // A call that came between the last look and the store saw `awake` and did not wake us.
        let Some(has_more) = sweep() else { return };
        if has_more {
            alarm.wake();
        }
    }
}

/// Returns whether there is more to sweep.
fn sweep(session: &Arc<Session>, questions: &mut JoinSet<()>) -> bool {
    let swept = session.sweep(Instant::now());
    for method in swept.soon_late {
        questions.spawn(ask_who_serves(Arc::clone(session), method));
    }
    while questions.try_join_next().is_some() {}
    swept.has_more
}

/// So that the calls that will time out can say it.
async fn ask_who_serves(session: Arc<Session>, method: &'static MethodDef) {
    let State::Ready(link) = session.state() else { return };
    let queue = session.settings.namespace.queue(method.queue);
    let answer = tokio::time::timeout(QUESTION_TIMEOUT, session.queues.ask(&queue, &link.connection)).await;
    if let Ok(Err(error)) = answer {
        tracing::debug!(%error, queue = &*queue, "the broker does not say who serves the queue");
    }
}
