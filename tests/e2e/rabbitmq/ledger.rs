//! A service that records which calls ran, so that every call can be accounted for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use amqp_rpc::rpc_service;

/// Methods that record their tag and return it.
#[rpc_service]
pub(super) trait Ledger {
    async fn enter(&self, tag: u64) -> u64;
    #[rpc(idempotent)]
    async fn enter_again(&self, tag: u64) -> u64;
}

/// Counts the runs of each call. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Book(Arc<Mutex<HashMap<u64, usize>>>);

impl Book {
    /// How often the call of this tag ran.
    pub(super) fn runs_of(&self, tag: u64) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&tag).copied().unwrap_or(0)
    }

    fn write(&self, tag: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(tag).or_default() += 1;
    }
}

impl Ledger for Book {
    async fn enter(&self, tag: u64) -> u64 {
        self.write(tag);
        tag
    }

    async fn enter_again(&self, tag: u64) -> u64 {
        self.write(tag);
        tag
    }
}
