//! A parameter is borrowed.

#[amqp_rpc::rpc_service]
trait Greeter {
    async fn greet(&self, name: &str) -> String;
}

struct Friendly;

impl Greeter for Friendly {
    async fn greet(&self, name: &str) -> String {
        format!("hello {name}")
    }
}

fn main() {}
