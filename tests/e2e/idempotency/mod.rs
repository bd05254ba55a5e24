//! Deduplicated methods: each key has its effect once, whatever is lost and repeated. Most tests run with each store.
#![allow(clippy::unwrap_used, reason = "tests, as functions of their store")]

mod cancelled;
mod failing_store;
mod faults;
mod interop;
mod ledger;
mod limits;
mod lost_servers;
mod notifications;
mod own_transaction;
mod refused;
mod repeats;
mod secrets;
mod stores;

pub(super) use ledger::{LedgerClient, LedgerServer, Refused};
pub(super) use stores::{TestStore, over_both_stores};
