//! Deduplicated methods: a repeat is answered with the stored reply of the first call, and has no effect of its own.
//!
//! Run: `cargo run -p amqp-rpc-examples --example deduplicated`. It brings its own broker unless `AMQP_URL` names yours.

#[path = "../broker/mod.rs"]
mod broker;

use std::{
    error::Error,
    sync::atomic::{AtomicU64, Ordering},
};

use amqp_rpc::{CallError, Client, Server, idempotency::MemoryStore, rpc_service};
use broker::BrokerToUse;

#[rpc_service]
trait Orders {
    /// Places an order and returns its number.
    #[rpc(deduplicate)]
    async fn place(&self, item: String) -> u64;
}

#[derive(Default)]
struct Shop {
    placed: AtomicU64,
}

impl Orders for Shop {
    async fn place(&self, item: String) -> u64 {
        let number = self.placed.fetch_add(1, Ordering::Relaxed) + 1;
        println!("[server] order {number}: {item}");
        number
    }
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    // In memory, so for a service with one process. `RedisStore` is shared by several.
    let server =
        Server::new().service(OrdersServer::new(Shop::default())).idempotency_store(MemoryStore::new());
    let server = server.start(broker.url()).await?;
    let orders = OrdersClient::new(Client::connect(broker.url()).await?);

    let place = |item: &str| orders.place(item.into()).idempotency_key("basket 4711");
    println!("[client] placed: {}", place("tea").await?);
    println!("[client] placed again: {}", place("tea").await?);
    match place("coffee").await {
        Err(CallError::Fault(fault)) => {
            println!("[client] another order under the same key: {}", fault.code());
        }
        other => println!("[client] unexpected: {other:?}"),
    }
    // Without a key of its own each call has one: the client may send it again when its connection is lost.
    println!("[client] placed: {}", orders.place("tea".into()).await?);
    println!("[client] repeats that the server answered from its store: {}", server.stats().repeats_answered);
    server.shutdown().await?;
    Ok(())
}
