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
pub(crate) struct Refusals(Mutex<HashMap<String, (Instant, Arc<str>)>>);

/// No name of an exchange has such a character in it.
fn of_topic(exchange: &str, topic: &str) -> String {
    format!("{exchange}\0{topic}")
}

impl Refusals {
    pub(crate) fn remember(&self, exchange: &str, reason: Arc<str>) {
        let mut refused = self.lock();
        // There may be any number of topics.
        refused.retain(|_, (since, _)| since.elapsed() < REMEMBERED_FOR);
        refused.insert(exchange.to_owned(), (Instant::now(), reason));
    }

    /// Only what has this routing key was refused.
    pub(crate) fn remember_topic(&self, exchange: &str, topic: &str, reason: Arc<str>) {
        self.remember(&of_topic(exchange, topic), reason);
    }

    pub(crate) fn of_topic(&self, exchange: &str, topic: &str) -> Option<Arc<str>> {
        // Nearly always there is none, and then no name is made.
        if self.lock().is_empty() { None } else { self.of(&of_topic(exchange, topic)) }
    }

    /// What the broker said when it refused, if that was lately.
    pub(crate) fn of(&self, exchange: &str) -> Option<Arc<str>> {
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
