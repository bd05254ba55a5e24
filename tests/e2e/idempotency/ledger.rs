//! A service whose effects are counted by their keys.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use amqp_rpc::{Context, Server, idempotency::IdempotencyOptions, rpc_service};
use serde::{Deserialize, Serialize};

use super::TestStore;
use crate::services::Gatekeeper;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the account has only {balance}")]
    Uncovered { balance: u64 },
}

#[rpc_service]
pub(crate) trait Ledger {
    /// Returns the number of the booking. Refuses amounts above 100.
    #[rpc(deduplicate)]
    async fn book(&self, #[rpc(context)] cx: &Context, amount: u64) -> Result<u64, Refused>;
    /// Returns the number of the booking when the gate opens.
    #[rpc(deduplicate)]
    async fn book_late(&self, #[rpc(context)] cx: &Context, amount: u64) -> u64;
    #[rpc(deduplicate)]
    async fn panic(&self, #[rpc(context)] cx: &Context);
    /// Fails for an empty text, so that it becomes a dead letter. The text `late` waits for the gate.
    #[rpc(deduplicate, notify)]
    async fn note(&self, #[rpc(context)] cx: &Context, text: String) -> Result<(), String>;
    /// Is not deduplicated.
    async fn key(&self, #[rpc(context)] cx: &Context) -> Option<String>;
}

/// Counts effects by their keys. Clones share the counts.
#[derive(Clone)]
pub(crate) struct CountedLedger {
    effects: Arc<Mutex<HashMap<String, usize>>>,
    pub(super) gate: Gatekeeper,
}

impl CountedLedger {
    pub(super) fn new() -> Self {
        Self { effects: Arc::default(), gate: Gatekeeper::closed() }
    }

    /// A server of it.
    pub(super) fn server(&self, store: TestStore) -> Server {
        Server::new().service(LedgerServer::new(self.clone())).idempotency_store(store)
    }

    pub(super) fn server_with(&self, store: TestStore, options: IdempotencyOptions) -> Server {
        Server::new().service(LedgerServer::new(self.clone())).idempotency_store_with(store, options)
    }

    /// How often the effect of this key happened.
    pub(super) fn effects(&self, key: &str) -> usize {
        self.effects.lock().unwrap().get(key).copied().unwrap_or_default()
    }

    /// How many effects there were.
    pub(super) fn all_effects(&self) -> usize {
        self.effects.lock().unwrap().values().sum()
    }

    fn happen(&self, cx: &Context) -> u64 {
        let key = cx.idempotency_key().expect("these methods run only with a key");
        let mut effects = self.effects.lock().unwrap();
        *effects.entry(key.to_owned()).or_default() += 1;
        effects.values().sum::<usize>() as u64
    }
}

impl Ledger for CountedLedger {
    async fn book(&self, cx: &Context, amount: u64) -> Result<u64, Refused> {
        let number = self.happen(cx);
        if amount > 100 { Err(Refused::Uncovered { balance: 100 }) } else { Ok(number) }
    }

    async fn book_late(&self, cx: &Context, _: u64) -> u64 {
        let number = self.happen(cx);
        self.gate.wait().await;
        number
    }

    async fn panic(&self, cx: &Context) {
        self.happen(cx);
        panic!("on purpose");
    }

    async fn note(&self, cx: &Context, text: String) -> Result<(), String> {
        self.happen(cx);
        if text == "late" {
            self.gate.wait().await;
        }
        if text.is_empty() { Err("there is nothing to note".into()) } else { Ok(()) }
    }

    async fn key(&self, cx: &Context) -> Option<String> {
        cx.idempotency_key().map(str::to_owned)
    }
}
