//! Idempotency keys: a repeat of a `#[rpc(deduplicate)]` call is answered with the stored reply of the first.
//!
//! A server with such methods needs a store for their replies:
//!
//! ```
//! # extern crate amqp_rpc_runtime as amqp_rpc;
//! use amqp_rpc::{Server, idempotency::MemoryStore};
//!
//! let server = Server::new().idempotency_store(MemoryStore::new());
//! # let _ = server;
//! ```
//!
//! [`MemoryStore`] is of one process. `RedisStore`, with the feature `redis`, is shared by servers. Another one is a
//! type that implements [`IdempotencyStore`]; [`conformance`] tests it. docs/idempotency.md says what is promised, and
//! when it does not hold.

#[cfg(feature = "idempotency")]
mod begin;
#[cfg(feature = "idempotency")]
mod deduplication;
#[cfg(feature = "idempotency")]
mod fingerprint;
#[cfg(feature = "idempotency")]
mod lease;
mod missing_store;
#[cfg(not(feature = "idempotency"))]
mod none;
#[cfg(feature = "idempotency")]
mod options;
#[cfg(feature = "idempotency")]
mod service;
#[cfg(feature = "idempotency")]
mod settings;
mod stats;
#[cfg(feature = "idempotency")]
mod store_access;
#[cfg(feature = "idempotency")]
mod store_log;
#[cfg(feature = "idempotency")]
mod stored_reply;
#[cfg(feature = "idempotency")]
mod stores;
#[cfg(all(test, feature = "idempotency", not(shuttle)))]
mod tests;

#[cfg(feature = "idempotency")]
pub(crate) use deduplication::Deduplication;
pub(crate) use missing_store::{MissingStore, deduplicated};
#[cfg(not(feature = "idempotency"))]
pub(crate) use none::{ChosenStore, Deduplication};
#[cfg(feature = "idempotency")]
pub use options::IdempotencyOptions;
#[cfg(feature = "idempotency")]
pub(crate) use settings::ChosenStore;
pub(crate) use stats::{Counter as StoreCounter, DeduplicationStats};
#[cfg(feature = "redis")]
pub use stores::RedisStore;
#[cfg(feature = "idempotency")]
pub use stores::{
    Attempt, Begun, IdempotencyKey, IdempotencyStore, MemoryStore, StoreError, StoreFuture, conformance,
};
