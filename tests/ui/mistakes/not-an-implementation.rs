//! The served value does not implement the trait.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64;
}

struct Fibonacci;

fn main() {
    let _ = FibServer::new(Fibonacci);
}
