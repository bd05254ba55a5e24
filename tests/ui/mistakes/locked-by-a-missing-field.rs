//! A lock names a field that does not exist.

#[derive(serde::Serialize, serde::Deserialize)]
struct Cluster {
    id: u64,
}

#[amqp_rpc::rpc_service]
trait Clusters {
    #[rpc(lock = "cluster.idd")]
    async fn start(&self, cluster: Cluster);
}

fn main() {}
