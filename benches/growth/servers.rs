//! Processes that serve one queue: what more of them are worth.

use std::time::Duration;

use amqp_rpc::Client;
use amqp_rpc_bench_harness::{Failure, Load, apply};

use crate::{
    child::{Process, Role},
    echo::{EchoCaller, NAMESPACE},
    options::Options,
    table,
};

const SIZES: [usize; 4] = [1, 2, 4, 8];
const CALLS_IN_FLIGHT: usize = 256;

pub(crate) async fn measure(options: &Options) -> Result<(), Failure> {
    table::head(&["server processes", "calls/s (256 in flight)", "p50 µs", "p99 µs"]);
    for size in options.sizes(&SIZES) {
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            rounds.push(round(options, size).await?);
        }
        table::row(size, &rounds);
    }
    Ok(())
}

async fn round(options: &Options, size: usize) -> Result<[f64; 3], Failure> {
    let mut servers = Vec::new();
    for _ in 0..size {
        let mut server = Process::start(&options.url, Role::Services(1))?;
        let [_, _] = server.numbers()?;
        servers.push(server);
    }
    let client = Client::builder().namespace(NAMESPACE).connect(&options.url).await?;
    let caller = EchoCaller { client: client.clone(), services: 1 };
    let load =
        Load { calls_in_flight: CALLS_IN_FLIGHT, duration: options.load, calls: None, text_bytes: None };
    let measured = apply(&caller, load).await?;
    client.close().await;
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let rate = measured.calls as f64 / measured.elapsed.as_secs_f64();
    Ok([rate, microseconds(measured.median), microseconds(measured.p99)])
}
