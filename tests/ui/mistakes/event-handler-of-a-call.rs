//! A function is to handle a call, which is no event.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn compute(&self, n: u64) -> u64;
}

fn main() {
    let _ = amqp_rpc::Subscription::group("billing").on::<FibComputeRequest>(async |_, _| ());
}
