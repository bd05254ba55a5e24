//! The value that implements the service cannot be shared by threads.

use std::cell::Cell;

#[amqp_rpc::rpc_service]
trait Counter {
    async fn next(&self) -> u64;
}

struct Counting(Cell<u64>);

impl Counter for Counting {
    async fn next(&self) -> u64 {
        1
    }
}

fn main() {}
