//! The function that handles an event takes the event alone.

#[amqp_rpc::rpc_service]
trait Prices {
    #[rpc(event)]
    async fn changed(&self, price: u64);
}

async fn changed(event: PricesChanged) {
    println!("{}", event.price);
}

fn main() {
    let _ = amqp_rpc::Subscription::group("billing").on::<PricesChanged>(async |event| println!("{}", event.price));
    let _ = amqp_rpc::Subscription::group("billing").on::<PricesChanged>(changed);
}
