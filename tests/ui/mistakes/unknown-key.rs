//! A key is misspelt; everything else is still there.

#[amqp_rpc::rpc_service(nmae = "fib")]
trait Fib {
    #[rpc(idempotnt)]
    async fn compute(&self, n: u64) -> u64;
}

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u64) -> u64 {
        n
    }
}

fn call(fib: &FibClient) {
    let _ = (FibServer::new(Fibonacci), fib.compute(1));
}

fn main() {}
