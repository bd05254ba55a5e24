//! A trait says what is committed of it.

use amqp_rpc::rpc_service;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::committed::path;

/// The error of the Fibonacci service.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) enum FibError {
    /// The number does not fit into 64 bits.
    TooLarge {
        /// The largest `n` that is served.
        limit: u64,
    },
}

/// Fibonacci numbers.
#[rpc_service(schema)]
pub(super) trait Fib {
    /// The `n`th Fibonacci number.
    #[rpc(idempotent, example = { "n": 30 })]
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
}

#[test]
fn the_description_of_a_trait_is_the_committed_one() {
    let file = std::fs::read_to_string(path("fib", "description.json")).expect("it is committed");
    let committed: Value = serde_json::from_str(&file).expect("it is JSON");
    let described = serde_json::to_value(fib_description()).expect("a description is JSON");
    assert_eq!(described, committed, "{described:#}");
}
