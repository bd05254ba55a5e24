//! The implementation is given to the server as it is.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64;
}

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> u64 {
        n
    }
}

fn main() {
    let _ = amqp_rpc::Server::new().service(Fibonacci);
}
