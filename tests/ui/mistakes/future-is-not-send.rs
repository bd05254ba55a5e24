//! An implementation holds something across an await that cannot change threads.

use std::rc::Rc;

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64;
}

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> u64 {
        let cached = Rc::new(n);
        std::future::ready(()).await;
        *cached
    }
}

fn main() {}
