//! The call has another type of argument than the trait.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64;
}

fn call(fib: &FibClient) {
    let _ = fib.compute("one");
}

fn main() {}
