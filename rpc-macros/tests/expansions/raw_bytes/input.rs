#[rpc_service]
trait Store {
    #[rpc(bare)]
    async fn put(&self, data: Bytes) -> Result<Bytes, StoreError>;
}
