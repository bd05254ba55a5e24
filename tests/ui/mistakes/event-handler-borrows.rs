//! The future of the function that handles an event borrows what the function has captured.

use std::sync::Mutex;

#[amqp_rpc::rpc_service]
trait Prices {
    #[rpc(event)]
    async fn changed(&self, price: u64);
}

fn main() {
    let seen = Mutex::new(Vec::new());
    let _ = amqp_rpc::Subscription::group("billing").on::<PricesChanged>(async move |event, _| {
        seen.lock().unwrap().push(event.price);
    });
}
