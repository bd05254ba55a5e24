//! The sweeper: one timer for all calls of a client, awake only while calls are pending.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::session::Session;

/// How late a timeout may be noticed.
const TICK: Duration = Duration::from_millis(5);
/// Ticks without anything to sweep before the sweeper sleeps: a caller that calls one after the other wakes it only once.
const IDLE_TICKS: u32 = 20;

/// Wakes the sweeper.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    awake: AtomicBool,
    wake: Notify,
    /// Notified when a request came back.
    pub(super) returned: Arc<Notify>,
}

impl Alarm {
    /// Must follow every insertion into the pending table.
    pub(super) fn wake(&self) {
        if !self.awake.load(Ordering::SeqCst) && !self.awake.swap(true, Ordering::SeqCst) {
            self.wake.notify_one();
        }
    }
}

/// Sweeps until the session is gone.
pub(super) async fn run(session: Weak<Session>, alarm: Arc<Alarm>) {
    loop {
        alarm.wake.notified().await;
        let mut idle = 0;
        while idle < IDLE_TICKS {
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = alarm.returned.notified() => {}
            }
            let Some(session) = session.upgrade() else { return };
            idle = if session.sweep(Instant::now()) { 0 } else { idle + 1 };
        }
        alarm.awake.store(false, Ordering::SeqCst);
        // A call that came between the last look and the store saw `awake` and did not wake us.
        let Some(session) = session.upgrade() else { return };
        if session.sweep(Instant::now()) {
            alarm.wake();
        }
    }
}
