//! The function that handles an event is a plain closure.

#[amqp_rpc::rpc_service]
trait Prices {
    #[rpc(event)]
    async fn changed(&self, price: u64);
}

fn main() {
    let _ = amqp_rpc::Subscription::group("billing").on::<PricesChanged>(|event, _| println!("{}", event.price));
}
