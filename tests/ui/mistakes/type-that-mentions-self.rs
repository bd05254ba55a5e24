//! A parameter and a value have the type of the implementation, which the caller does not know.

#[amqp_rpc::rpc_service]
trait Copies {
    async fn merge(&self, other: Self);
    async fn copy(&self) -> Self;
    async fn list(&self) -> Vec<Self>;
}

fn main() {}
