//! Which exchanges exist: asked once per epoch, by one call for all that wait.
//!
//! Publishing to a missing exchange makes the broker close the channel on every call that is pending on it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use amqp_rpc_transport::{BrokerError, Connection, ExchangeKind, Topology};

use crate::contract::MethodKind;

/// How long a missing exchange is not asked for again: each time costs the connection a channel.
const MISSING_FOR: Duration = Duration::from_millis(500);

/// As many are remembered before missing ones are forgotten: untyped calls may name any number of them.
const ENOUGH: usize = 1024;

/// What is known of the exchanges that calls were made to.
#[derive(Debug, Default)]
pub(crate) struct Exchanges(Mutex<HashMap<String, Arc<Exchange>>>);

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    exists: AtomicBool,
    /// How many calls were sent to it in this epoch.
    sent: AtomicU64,
    /// Held while asking: the others wait for the answer. When the exchange was last found missing.
    missing_since: tokio::sync::Mutex<Option<Instant>>,
}

impl Exchanges {
    /// The exchange of that name, if it was found.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Exchange>> {
        let exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.get(name).filter(|exchange| exchange.exists.load(Ordering::Acquire)).map(Arc::clone)
    }

    /// It was found missing after all: it is looked for again.
    pub(crate) fn forget(&self, name: &str) {
        if let Some(exchange) = self.get(name) {
            exchange.exists.store(false, Ordering::Release);
        }
    }

    /// The exchange of that name, if it exists: from the broker where it is not known. The default exchange always does.
    ///
    /// That of events is made where it is missing, if this client's user may: who publishes them need not know who subscribes, or when.
    pub(crate) async fn find(
        &self,
        name: &str,
        kind: MethodKind,
        connection: &Connection,
    ) -> Result<Option<Arc<Exchange>>, BrokerError> {
        let exchange = {
            let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            make_room(&mut exchanges);
            Arc::clone(exchanges.entry(name.to_owned()).or_default())
        };
        if exchange.exists.load(Ordering::Acquire) {
            return Ok(Some(exchange));
        }
        let mut missing_since = exchange.missing_since.lock().await;
        if exchange.exists.load(Ordering::Acquire) {
            drop(missing_since);
            return Ok(Some(exchange));
        }
        if missing_since.is_some_and(|since| since.elapsed() < MISSING_FOR) {
            return Ok(None);
        }
        if connection.exchange_exists(name).await?
            || (kind == MethodKind::Event && declare_for_events(name, connection).await)
        {
            exchange.exists.store(true, Ordering::Release);
            drop(missing_since);
            Ok(Some(exchange))
        } else {
            *missing_since = Some(Instant::now());
            Ok(None)
        }
    }
}

/// Those that exist stay: they are as many as the broker has.
fn make_room(exchanges: &mut HashMap<String, Arc<Exchange>>) {
    if exchanges.len() >= ENOUGH {
        let is_asked_for = |exchange: &Arc<Exchange>| Arc::strong_count(exchange) > 1;
        exchanges.retain(|_, exchange| exchange.exists.load(Ordering::Acquire) || is_asked_for(exchange));
    }
}

async fn declare_for_events(name: &str, connection: &Connection) -> bool {
    let exchange = amqp_rpc_transport::Exchange { name: name.to_owned(), kind: ExchangeKind::Topic };
    let topology = Topology { exchanges: vec![exchange], ..Topology::default() };
    let declared = topology.declare(connection, false).await;
    if let Err(error) = &declared {
        tracing::debug!(exchange = name, error = %error.source, "the exchange of events is missing, and could not be made");
    }
    declared.is_ok()
}

impl Exchange {
    /// Another call is sent to it.
    pub(crate) fn count(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether only one call was sent to it in this epoch: if the broker refused any, it was that one.
    pub(crate) fn has_had_one_call(&self) -> bool {
        self.sent.load(Ordering::Relaxed) == 1
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_exchanges_those_that_are_missing_are_forgotten() {
        let mut exchanges: HashMap<_, Arc<Exchange>> =
            (0..ENOUGH).map(|n| (n.to_string(), Arc::default())).collect();
        let asked_for = Arc::clone(&exchanges["3"]);
        exchanges["7"].exists.store(true, Ordering::Release);
        make_room(&mut exchanges);
        let mut left: Vec<_> = exchanges.keys().cloned().collect();
        left.sort_unstable();
        assert_eq!(left, ["3", "7"]);
        drop(asked_for);
        make_room(&mut exchanges);
        assert_eq!(exchanges.len(), 2, "there is room");
    }
}
