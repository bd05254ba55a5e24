//! Locks and flags shared by threads: the standard ones, or shuttle's, which runs tests under many schedules.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p amqp-rpc-runtime --lib schedules`; see `scripts/schedules.sh`.
//! `oneshot` and `Notify` stay tokio's: to shuttle each of their operations is one step, and only their order
//! varies.

#[cfg(all(test, shuttle))]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic::AtomicBool};
#[cfg(not(all(test, shuttle)))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic::AtomicBool};
