//! A subscription without functions is given to `handle_events`.

#[amqp_rpc::rpc_service]
trait Prices {
    #[rpc(event)]
    async fn changed(&self, price: u64);
}

fn main() {
    let prices = amqp_rpc::Subscription::group("billing").to_all::<PricesChanged>();
    let _ = amqp_rpc::Server::new().handle_events(prices);
}
