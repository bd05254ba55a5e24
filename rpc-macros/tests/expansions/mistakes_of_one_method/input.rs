#[rpc_service]
pub trait Fib {
    async fn compute(&self, n: u64) -> u64;
    async fn reset(&mut self, (from, to): (u64, u64)) -> u64;
    #[rpc(idempotnt)]
    async fn last(&self) -> u64;
}
