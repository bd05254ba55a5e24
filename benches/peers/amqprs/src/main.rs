//! amqprs by hand: prefetch 64, requests answered in the consumer's loop, one acknowledgement for all that had arrived, after their
//! replies; an exclusive reply queue without acknowledgements.

mod client;
mod server;

use amqp_rpc_bench_harness::{Failure, apply_loads, run_side, serve};
use amqprs::{
    channel::Channel,
    connection::{Connection, OpenConnectionArguments},
};

const QUEUE: &str = "peers.amqprs";
const JSON: &str = "application/json";
/// Bodies of this type are echoed as they are.
const TEXT: &str = "text/plain";

#[derive(serde::Serialize, serde::Deserialize)]
struct EchoRequest {
    n: u64,
}

fn main() -> Result<(), Failure> {
    run_side(async { serve(server::start().await?).await }, async {
        apply_loads(client::connect().await?).await
    })
}

async fn open() -> Result<(Connection, Channel), Failure> {
    let arguments: OpenConnectionArguments = amqp_rpc_bench_harness::url()?.as_str().try_into()?;
    let connection = Connection::open(&arguments).await?;
    let channel = connection.open_channel(None).await?;
    Ok((connection, channel))
}
