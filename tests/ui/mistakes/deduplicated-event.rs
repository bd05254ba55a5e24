use amqp_rpc::rpc_service;

#[rpc_service]
trait Orders {
    #[rpc(event, deduplicate)]
    async fn shipped(&self, order: u64);
    #[rpc(idempotent, deduplicate)]
    async fn ship(&self, order: u64) -> u64;
}

fn main() {}
