#[rpc_service]
pub trait Fib<T> {
    #[rpc(idempotent)]
    async fn compute(&self, #[serde(default)] n: T) -> T;
}
