#[rpc_service(name = "maths", exchange = "sums", queue = "sums.v2", crate = my_crate::rpc)]
trait Sums: Audited {
    #[rpc(name = "plus", routing_key = "add", queue = "sums.fast", request = Plus, timeout = "1500ms", cancel_when_late, at_most_once)]
    async fn add(
        &self,
        /// The first summand.
        a: u64,
        #[serde(default, rename = "second")]
        b: u64,
    ) -> Result<u64, Overflow>;
    #[rpc(bare, blocking, deduplicate)]
    fn total(&self, summands: Vec<Summand>, #[rpc(context)] cx: &Context) -> Option<u64>;
}
