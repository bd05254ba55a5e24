//! Exchanges that the broker did not let this client write to: they are not tried again for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Each attempt costs all pending calls their channel; somebody who grants the permission meanwhile waits this long.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// Refused exchanges, over all epochs of a client.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<String, (Instant, Arc<str>)>>);

impl Refusals {
    pub(super) fn remember(&self, exchange: &str, reason: Arc<str>) {
        self.lock().insert(exchange.to_owned(), (Instant::now(), reason));
    }

    /// What the broker said when it refused, if that was lately.
    pub(super) fn of(&self, exchange: &str) -> Option<Arc<str>> {
        let mut refused = self.lock();
        let (since, reason) = refused.get(exchange)?;
        if since.elapsed() < REMEMBERED_FOR {
            return Some(Arc::clone(reason));
        }
        refused.remove(exchange);
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Arc<str>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
