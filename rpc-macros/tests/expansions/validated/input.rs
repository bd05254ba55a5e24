#[rpc_service]
trait Fib {
    #[rpc(validate_result)]
    async fn compute(&self, #[garde(range(max = 90))] n: u64, note: String) -> Result<Answer, FibError>;
    #[rpc(bare)]
    async fn store(&self, #[garde(dive)] user: User);
}
