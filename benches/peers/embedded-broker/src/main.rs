//! The embedded broker in a process of its own, so that its CPU can be measured: prints its URL, and ends with
//! its standard input.

use std::io::{Read, Write};

use amqp_rpc_bench_harness::Failure;
use amqp_rpc_broker::Broker;

fn main() -> Result<(), Failure> {
    amqp_rpc_bench_harness::runtime()?.block_on(async {
        let broker = Broker::start().await?;
        writeln!(std::io::stdout(), "{}", broker.uri())?;
        // The broker has threads of its own.
        std::io::stdin().read_to_end(&mut Vec::new())?;
        broker.shutdown().await;
        Ok(())
    })
}
