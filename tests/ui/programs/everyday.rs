//! The program of the README, without the broker.

use amqp_rpc::{Context, rpc_service};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub enum FibError {
    TooLarge { limit: u64 },
}

/// Fibonacci numbers.
#[rpc_service]
pub trait Fib {
    /// The `n`th Fibonacci number.
    #[rpc(idempotent)]
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
    /// The name of the calling user, as the server sees it.
    async fn whoami(&self, #[rpc(context)] cx: &Context) -> String;
}

struct Fibonacci {
    limit: u64,
}

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, FibError> {
        if n > self.limit { Err(FibError::TooLarge { limit: self.limit }) } else { Ok(n) }
    }

    async fn whoami(&self, _: &Context) -> String {
        "you".to_owned()
    }
}

fn call(fib: &FibClient) {
    let _ = fib.compute(90);
    let _ = fib.whoami();
}

fn main() {
    let _ = FibServer::new(Fibonacci { limit: 90 });
    let _ = call;
}
