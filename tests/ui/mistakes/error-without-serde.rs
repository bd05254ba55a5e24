//! The error of a method has no serde derives.

enum FibError {
    TooLarge,
}

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
}

fn main() {}
