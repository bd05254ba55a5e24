#[rpc_service(event_exchange = "market")]
trait Prices {
    /// Fetches prices again.
    #[rpc(notify, idempotent)]
    async fn refresh(&self, source: String) -> Result<(), RefreshError>;
    #[rpc(notify, blocking)]
    fn archive(&self, day: u32);
    #[rpc(event)]
    async fn price_changed(&self, price: Price, #[rpc(context)] cx: &Context);
    #[rpc(event, routing_key = "market.closed")]
    async fn closed(&self) -> io::Result<()>;
    #[rpc(event, request = Opened)]
    async fn opened(&self, at: PricesOpened);
}
