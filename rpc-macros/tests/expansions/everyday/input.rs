/// Fibonacci numbers.
#[rpc_service]
pub trait Fib {
    /// The `n`th Fibonacci number.
    #[rpc(idempotent)]
    async fn compute(&self, n: u64) -> Result<u64, FibError>;
    async fn whoami(&self, #[rpc(context)] cx: &Context) -> String;
    async fn ping(&self);
}
