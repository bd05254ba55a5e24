//! A method has a body.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64 {
        n
    }
}

struct Fibonacci;

impl Fib for Fibonacci {}

fn main() {}
