//! A lock names a parameter that does not exist.

#[amqp_rpc::rpc_service]
trait Clusters {
    #[rpc(lock = "id")]
    async fn start(&self, cluster_id: u64);
}

fn main() {}
