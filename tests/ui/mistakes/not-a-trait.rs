//! The attribute is on the implementation.

#[amqp_rpc::rpc_service]
struct Fibonacci;

fn main() {
    let _ = Fibonacci;
}
