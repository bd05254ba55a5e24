//! The trait was changed, its caller was not.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute_nth(&self, n: u64) -> u64;
}

fn call(fib: &FibClient) {
    let _ = fib.compute(1);
}

fn main() {}
