//! Implementations differ from the trait in a parameter, in the return type, and in being blocking.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64;
    async fn last(&self) -> u64;
    #[rpc(blocking)]
    fn total(&self) -> u64;
}

struct Fibonacci;

impl Fib for Fibonacci {
    async fn compute(&self, n: u32) -> u64 {
        n.into()
    }
    async fn last(&self) -> String {
        String::new()
    }
    async fn total(&self) -> u64 {
        1
    }
}

fn main() {}
