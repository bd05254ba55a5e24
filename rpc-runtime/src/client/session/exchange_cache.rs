//! Caches which exchanges exist: asked once per link, by one call for all that wait.
//!
//! Publishing to a missing exchange makes the broker close the channel on every call that is pending on it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use amqp_rpc_transport::{
    BrokerError, Connection, ExchangeKind, Topology, TopologyError, reply_code::ACCESS_REFUSED,
};

use super::denied_exchanges::DeniedExchanges;
use crate::contract::MethodKind;

/// How long a missing or refused exchange is not asked for again: each query costs the connection a channel.
const MISSING_FOR: Duration = Duration::from_millis(500);

/// Above this number missing exchanges are evicted: untyped calls may name any number of them.
const MAX_CACHED: usize = 1024;

/// The exchanges that messages were published to on one link.
#[derive(Debug, Default)]
pub(crate) struct ExchangeCache(
    // Nearly always of one entry or two, which is found in less time than a hash is computed.
    Mutex<BTreeMap<String, Arc<Exchange>>>,
);

/// An exchange, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    exists: AtomicBool,
    /// How many messages were sent to it on this link.
    sent: AtomicU64,
    /// When and why it was last not found. Held while the broker is asked: others wait for its reply.
    not_found: tokio::sync::Mutex<Option<NotFound>>,
}

/// Why an exchange was not found.
#[derive(Debug)]
struct NotFound {
    at: Instant,
    /// The broker refuses what replies need. `None` if the exchange is missing.
    unbound: Option<Arc<TopologyError>>,
}

/// The result of a lookup.
#[derive(Debug)]
pub(crate) enum FoundExchange {
    Exists(Arc<Exchange>),
    Missing,
    /// The broker denies this client even to look it up, with this text. Then it may not publish either.
    Denied(Arc<str>),
    /// The broker refuses what replies need; see [`ExchangeCache::find`].
    Unbound(Arc<TopologyError>),
}

impl ExchangeCache {
    /// The exchange of that name, if it was found.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Exchange>> {
        let exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.get(name).filter(|exchange| exchange.exists.load(Ordering::Acquire)).map(Arc::clone)
    }

    /// Forgets that the exchange exists: the broker is asked again.
    pub(crate) fn forget(&self, name: &str) {
        if let Some(exchange) = self.get(name) {
            exchange.exists.store(false, Ordering::Release);
        }
    }

    /// The exchange of that name; asks the broker when it is not known. The default exchange always exists.
    ///
    /// An exchange that may not be looked up is remembered in `denied`, for all links.
    ///
    /// `reply_bindings` are declared before: what a dialect needs so that replies to messages to this exchange arrive.
    ///
    /// A missing exchange of events is declared, if this client's user may: a publisher need not know who
    /// subscribes, or when.
    pub(crate) async fn find(
        &self,
        name: &str,
        kind: MethodKind,
        reply_bindings: Option<Topology>,
        connection: &Connection,
        denied: &DeniedExchanges,
    ) -> Result<FoundExchange, BrokerError> {
        let exchange = {
            let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            evict(&mut exchanges);
            Arc::clone(exchanges.entry(name.to_owned()).or_default())
        };
        if exchange.exists.load(Ordering::Acquire) {
            return Ok(FoundExchange::Exists(exchange));
        }
        let mut not_found = exchange.not_found.lock().await;
        if exchange.exists.load(Ordering::Acquire) {
            drop(not_found);
            return Ok(FoundExchange::Exists(exchange));
        }
        if let Some(NotFound { unbound, .. }) =
            not_found.as_ref().filter(|last| last.at.elapsed() < MISSING_FOR)
        {
            return Ok(unbound.clone().map_or(FoundExchange::Missing, FoundExchange::Unbound));
        }
        // Another message may have asked meanwhile.
        if let Some(reason) = denied.reason(name) {
            return Ok(FoundExchange::Denied(reason));
        }
        if let Some(bindings) = reply_bindings
            && let Err(error) = bindings.declare(connection, false).await
        {
            if error.source.code().is_none() {
                return Err(error.source);
            }
            let (at, error) = (Instant::now(), Arc::new(error));
            *not_found = Some(NotFound { at, unbound: Some(Arc::clone(&error)) });
            return Ok(FoundExchange::Unbound(error));
        }
        let exists = match connection.exchange_exists(name).await {
            Err(error) if error.code() == Some(ACCESS_REFUSED) => {
                let reason: Arc<str> = error.message().into();
                denied.remember(name, Arc::clone(&reason));
                return Ok(FoundExchange::Denied(reason));
            }
            exists => exists?,
        };
        if exists || (kind == MethodKind::Event && declare_for_events(name, connection).await) {
            exchange.exists.store(true, Ordering::Release);
            drop(not_found);
            Ok(FoundExchange::Exists(exchange))
        } else {
            *not_found = Some(NotFound { at: Instant::now(), unbound: None });
            Ok(FoundExchange::Missing)
        }
    }
}

/// Evicts missing exchanges. Those that exist stay: they are as many as the broker has.
fn evict(exchanges: &mut BTreeMap<String, Arc<Exchange>>) {
    if exchanges.len() >= MAX_CACHED {
        let is_in_use = |exchange: &Arc<Exchange>| Arc::strong_count(exchange) > 1;
        exchanges.retain(|_, exchange| exchange.exists.load(Ordering::Acquire) || is_in_use(exchange));
    }
}

async fn declare_for_events(name: &str, connection: &Connection) -> bool {
    let exchange = amqp_rpc_transport::Exchange::durable(name, ExchangeKind::Topic);
    let topology = Topology { exchanges: vec![exchange], ..Topology::default() };
    let declared = topology.declare(connection, false).await;
    if let Err(error) = &declared {
        tracing::debug!(exchange = name, error = %error.source, "the exchange of events is missing and could not be declared");
    }
    declared.is_ok()
}

impl Exchange {
    /// Counts a message that is sent to it.
    pub(crate) fn count(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// True when only one message was sent to it on this link: if the broker refused any, it was that one.
    pub(crate) fn has_had_one_message(&self) -> bool {
        self.sent.load(Ordering::Relaxed) == 1
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_exchanges_those_that_are_missing_are_forgotten() {
        let mut exchanges: BTreeMap<_, Arc<Exchange>> =
            (0..MAX_CACHED).map(|n| (n.to_string(), Arc::default())).collect();
        let asked_for = Arc::clone(&exchanges["3"]);
        exchanges["7"].exists.store(true, Ordering::Release);
        evict(&mut exchanges);
        let mut left: Vec<_> = exchanges.keys().cloned().collect();
        left.sort_unstable();
        assert_eq!(left, ["3", "7"]);
        drop(asked_for);
        evict(&mut exchanges);
        assert_eq!(exchanges.len(), 2, "below the limit nothing is evicted");
    }
}
