//! The future of the function that handles an event holds what is not `Send` across an `.await`.

#[amqp_rpc::rpc_service]
trait Prices {
    #[rpc(event)]
    async fn changed(&self, price: u64);
}

fn main() {
    let _ = amqp_rpc::Subscription::group("billing").on::<PricesChanged>(async |event, _| {
        let price = std::rc::Rc::new(event.price);
        std::future::ready(()).await;
        println!("{price}");
    });
}
