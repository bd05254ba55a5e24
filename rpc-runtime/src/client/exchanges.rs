//! Which exchanges exist: asked once per epoch, by one call for all that wait.
//!
//! Publishing to a missing exchange makes the broker close the channel on every call that is pending on it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{amqp::Connection, error::BrokerError};

/// How long a missing exchange is not asked for again: each time costs the connection a channel.
const MISSING_FOR: Duration = Duration::from_millis(500);

/// What is known of the exchanges that calls were made to.
#[derive(Debug, Default)]
pub(super) struct Exchanges(Mutex<HashMap<String, Arc<Exchange>>>);

#[derive(Debug, Default)]
struct Exchange {
    exists: AtomicBool,
    /// Held while asking: the others wait for the answer. When the exchange was last found missing.
    missing_since: tokio::sync::Mutex<Option<Instant>>,
}

impl Exchanges {
    /// Whether `name` was found. The default exchange always is.
    pub(super) fn has(&self, name: &str) -> bool {
        name.is_empty()
            || self
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(name)
                .is_some_and(|exchange| exchange.exists.load(Ordering::Acquire))
    }

    /// Finds out whether `name` exists, from the broker where it is not known.
    pub(super) async fn find(&self, name: &str, connection: &Connection) -> Result<bool, BrokerError> {
        if self.has(name) {
            return Ok(true);
        }
        let exchange = {
            let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(exchanges.entry(name.to_owned()).or_default())
        };
        let mut missing_since = exchange.missing_since.lock().await;
        if exchange.exists.load(Ordering::Acquire) {
            return Ok(true);
        }
        if missing_since.is_some_and(|since| since.elapsed() < MISSING_FOR) {
            return Ok(false);
        }
        let exists = connection.exchange_exists(name).await?;
        if exists {
            exchange.exists.store(true, Ordering::Release);
        } else {
            *missing_since = Some(Instant::now());
        }
        Ok(exists)
    }
}
