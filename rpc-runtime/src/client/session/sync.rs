//! The locks and flags that threads meet at: the standard ones, or shuttle's, which runs tests under many schedules.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p amqp-rpc-runtime --lib schedules`; `scripts/schedules.sh` knows the rest. What tokio brings
//! (`oneshot`, `Notify`) stays tokio's: its operations happen at one moment there, and only their order varies.

#[cfg(all(test, shuttle))]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, atomic::AtomicBool};
#[cfg(not(all(test, shuttle)))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic::AtomicBool};
