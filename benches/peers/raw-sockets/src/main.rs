//! AMQP written by hand over TCP: what the broker can do with one message per call, when client and server cost next to nothing.
//!
//! The fewest properties, replies written together for all requests of one read, one acknowledgement for them, one write per
//! wake-up, one task on each side. It is no library: no timeouts, no faults, no second task.

mod client;
mod connection;
mod delivery;
mod encode;
mod fields;
mod server;

use amqp_rpc_bench_harness::{Failure, apply_loads_with, run_side, serve};

const QUEUE: &str = "peers.raw-sockets";

fn main() -> Result<(), Failure> {
    run_side(
        async {
            let server = server::Server::start().await?;
            serve(tokio::spawn(async move {
                if let Err(failure) = server.run().await {
                    eprintln!("raw-sockets: the server ends: {failure}");
                }
            }))
            .await
        },
        async {
            let mut client = client::Client::connect().await?;
            apply_loads_with(async |load| client.apply(load).await).await
        },
    )
}
