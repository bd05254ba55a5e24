//! A lock names a value that is no key.

#[derive(serde::Serialize, serde::Deserialize)]
struct Cluster {
    id: u64,
}

#[amqp_rpc::rpc_service]
trait Clusters {
    #[rpc(lock = "cluster")]
    async fn start(&self, cluster: Cluster);
}

fn main() {}
