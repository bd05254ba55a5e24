#[rpc_service(exchange = "")]
pub(crate) trait Tutorial {
    #[rpc(routing_key = "rpc_queue", bare)]
    async fn fib(&self, n: u64) -> u64;
}
