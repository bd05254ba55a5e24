//! The function that handles an event returns a value, as a method with a reply does.

#[amqp_rpc::rpc_service]
trait Prices {
    #[rpc(event)]
    async fn changed(&self, price: u64);
}

fn main() {
    let _ = amqp_rpc::Subscription::group("billing").on::<PricesChanged>(async |event, _| event.price);
}
