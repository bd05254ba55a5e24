//! A function is given to `handle_events` as it is.

fn main() {
    let _ = amqp_rpc::Server::new().handle_events(async |price: u64| println!("{price}"));
}
