//! Remembers exchanges that the broker denied this client to write to: they are not tried again for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Each attempt costs all pending calls their channel. A permission that is granted meanwhile takes effect
/// this late.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// Denied exchanges and topics, over all links of a client.
#[derive(Debug, Default)]
pub(crate) struct DeniedExchanges(Mutex<HashMap<String, Denial>>);

#[derive(Debug)]
struct Denial {
    since: Instant,
    /// The broker's text.
    reason: Arc<str>,
}

impl Denial {
    fn is_remembered(&self) -> bool {
        self.since.elapsed() < REMEMBERED_FOR
    }
}

/// The key of a topic: no name of an exchange contains NUL.
fn topic_key(exchange: &str, topic: &str) -> String {
    format!("{exchange}\0{topic}")
}

impl DeniedExchanges {
    /// No message is sent to `exchange` for a while.
    pub(crate) fn remember(&self, exchange: &str, reason: Arc<str>) {
        let mut denied = self.lock();
        // There may be any number of topics.
        denied.retain(|_, denial| denial.is_remembered());
        denied.insert(exchange.to_owned(), Denial { since: Instant::now(), reason });
    }

    /// Only messages with this routing key are denied.
    pub(crate) fn remember_topic(&self, exchange: &str, topic: &str, reason: Arc<str>) {
        self.remember(&topic_key(exchange, topic), reason);
    }

    /// Returns why the broker denied this routing key, if that was lately.
    pub(crate) fn topic_reason(&self, exchange: &str, topic: &str) -> Option<Arc<str>> {
        // Nearly always it is empty, and then no key is made.
        if self.lock().is_empty() { None } else { self.reason(&topic_key(exchange, topic)) }
    }

    /// Returns why the broker denied the exchange, if that was lately.
    pub(crate) fn reason(&self, exchange: &str) -> Option<Arc<str>> {
        let mut denied = self.lock();
        let denial = denied.get(exchange)?;
        if denial.is_remembered() {
            return Some(Arc::clone(&denial.reason));
        }
        denied.remove(exchange);
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Denial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
