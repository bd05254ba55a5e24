//! The context is received as something else.

#[amqp_rpc::rpc_service]
trait Fib {
    async fn whoami(&self, #[rpc(context)] cx: &String) -> String;
}

fn main() {}
