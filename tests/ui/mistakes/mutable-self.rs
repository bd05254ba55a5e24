//! A method changes the value it is called on.

#[amqp_rpc::rpc_service]
trait Counter {
    async fn next(&mut self) -> u64;
}

struct Counting(u64);

impl Counter for Counting {
    async fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

fn main() {}
