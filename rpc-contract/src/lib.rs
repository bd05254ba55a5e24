//! What a contract of `amqp-rpc` names: requests, responses, definitions of methods, the context of a call,
//! headers. Plain data and traits: no broker connection, no async runtime.
//!
//! Depend on `amqp-rpc`, which re-exports what users need. With `default-features = false` it is little more
//! than this crate and the macro, for crates that hold contracts only.
//!
//! Modules import one way, each only from those before it: `definitions`, `headers`, `secret` and
//! `violation`, `description`, `inherited`, `context` and `contract`, `error` and `private`.

mod context;
pub mod contract;
mod definitions;
#[cfg(feature = "description")]
pub mod description;
mod headers;
#[cfg(feature = "scope")]
mod inherited;
#[doc(hidden)]
pub mod private;
#[cfg(feature = "secrets")]
mod secret;
mod violation;

pub use bytes::Bytes;
pub use context::Context;
pub use headers::{HeaderValue, Headers};
#[cfg(feature = "secrets")]
pub use secret::Secret;

/// The values that break a rule of a contract.
pub mod error {
    pub use crate::violation::{Violation, Violations};
}
