#[rpc_service(lock_partitions = 8)]
trait Clusters {
    #[rpc(lock = "cluster.id")]
    async fn start(&self, cluster: Cluster);
    #[rpc(lock = "cluster_id", lock_name = "clusters", lock_scope = "cluster")]
    async fn stop(&self, cluster_id: u64);
    #[rpc(lock, notify)]
    async fn collect(&self);
}
