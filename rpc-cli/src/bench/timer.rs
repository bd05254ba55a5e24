//! Waits until a time, more exactly than tokio's timers.

use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};

/// tokio's timers wake up to a millisecond late. The rest of the time a thread sleeps, whose timer is finer.
const REST: Duration = Duration::from_millis(2);

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The next time that is waited for. It is kept when the wait is interrupted, so that no threads pile up.
pub(super) struct Timer {
    is_exact: bool,
    set: Option<(Instant, Wait)>,
}

impl Timer {
    pub(super) fn new(is_exact: bool) -> Self {
        Self { is_exact, set: None }
    }

    /// Waits until `time`; without one, forever.
    pub(super) async fn at(&mut self, time: Option<Instant>) {
        let Some(time) = time else { return std::future::pending().await };
        if self.set.as_ref().is_none_or(|(set, _)| *set != time) {
            let wait: Wait =
                if self.is_exact { Box::pin(exactly(time)) } else { Box::pin(sleep_until(time)) };
            self.set = Some((time, wait));
        }
        if let Some((_, wait)) = &mut self.set {
            wait.await;
        }
        self.set = None;
    }
}

async fn exactly(time: Instant) {
    let left = time.saturating_duration_since(Instant::now());
    if let Some(long) = left.checked_sub(REST) {
        sleep(long).await;
    }
    let left = time.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        // It ends by itself after two milliseconds, also where nothing waits for it.
        let slept = tokio::task::spawn_blocking(move || std::thread::sleep(left)).await;
        if slept.is_err() {
            sleep_until(time).await;
        }
    }
}
