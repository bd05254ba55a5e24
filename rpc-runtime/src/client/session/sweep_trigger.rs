//! Wakes the sweeper.

use std::sync::{Arc, atomic::Ordering};

use tokio::sync::Notify;

use super::sync::AtomicBool;

/// Wakes the sweeper, which sleeps while no calls are pending.
#[derive(Debug, Default)]
pub(crate) struct SweepTrigger {
    is_awake: AtomicBool,
    woken: Notify,
    /// Notified when the broker returned a message.
    pub(crate) returned: Arc<Notify>,
}

impl SweepTrigger {
    /// Wakes the sweeper. Must follow every insertion into the pending table.
    pub(crate) fn wake(&self) {
        if !self.is_awake.load(Ordering::SeqCst) && !self.is_awake.swap(true, Ordering::SeqCst) {
            self.woken.notify_one();
        }
    }

    pub(super) async fn wait(&self) {
        self.woken.notified().await;
    }

    /// From here on a call that comes wakes the sweeper again.
    pub(super) fn fall_asleep(&self) {
        self.is_awake.store(false, Ordering::SeqCst);
    }
}
