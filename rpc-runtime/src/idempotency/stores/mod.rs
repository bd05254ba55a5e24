//! Stores: their trait, and those of this library.

mod attempt;
pub mod conformance;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod store;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use attempt::{Attempt, IdempotencyKey};
pub use memory::MemoryStore;
pub use store::{Begun, IdempotencyStore, StoreError, StoreFuture};
