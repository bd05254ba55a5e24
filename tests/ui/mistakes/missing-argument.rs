//! The call has fewer arguments than the trait.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64, from: u64) -> u64;
}

fn call(fib: &FibClient) {
    let _ = fib.compute(1);
}

fn main() {}
