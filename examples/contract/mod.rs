//! The contract of the Fibonacci service, which its server and its clients share. In your project it is a
//! crate.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a crate of its own, which this stands for, uses and shows everything"
)]

use amqp_rpc::rpc_service;
use serde::{Deserialize, Serialize};

/// The error of the Fibonacci service.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
pub enum FibError {
    /// The number does not fit into 64 bits.
    #[error("n is above {limit}")]
    TooLarge {
        /// The largest `n` that is served.
        limit: u64,
    },
}

/// Fibonacci numbers.
#[rpc_service]
pub trait Fib {
    /// The `n`th Fibonacci number.
    #[rpc(idempotent)]
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
}
