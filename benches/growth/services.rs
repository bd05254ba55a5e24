//! Services of one server: what each takes in memory and when it starts, and what a call takes then.

use std::time::Instant;

use amqp_rpc::Client;
use amqp_rpc_bench_harness::{Failure, Load, apply};

use crate::{
    child::{Process, Role, report, resident_kib},
    echo::{self, EchoCaller, MOST_SERVICES, NAMESPACE},
    options::Options,
    table,
};

const SIZES: [usize; 6] = [1, 10, 20, 50, 100, MOST_SERVICES];
const CALLS_IN_FLIGHT: usize = 64;

pub(crate) async fn measure(options: &Options) -> Result<(), Failure> {
    table::head(&["services", "ms to start", "server MiB", "calls/s (64 in flight)", "p50 µs", "p99 µs"]);
    for size in options.sizes(&SIZES) {
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            rounds.push(round(options, size).await?);
        }
        table::row(size, &rounds);
    }
    Ok(())
}

async fn round(options: &Options, size: usize) -> Result<[f64; 5], Failure> {
    let mut server = Process::start(&options.url, Role::Services(size))?;
    let [milliseconds, kib] = server.numbers()?;
    let client = Client::builder().namespace(NAMESPACE).connect(&options.url).await?;
    let caller = EchoCaller { client: client.clone(), services: size };
    let load =
        Load { calls_in_flight: CALLS_IN_FLIGHT, duration: options.load, calls: None, text_bytes: None };
    let measured = apply(&caller, load).await?;
    client.close().await;
    let rate = measured.calls as f64 / measured.elapsed.as_secs_f64();
    let microseconds = |time: std::time::Duration| time.as_secs_f64() * 1e6;
    Ok([milliseconds, kib / 1024.0, rate, microseconds(measured.median), microseconds(measured.p99)])
}

/// The child: serves, and says how long starting took and how much memory it takes.
pub(crate) async fn serve(url: &str, size: usize) -> Result<(), Failure> {
    let begin = Instant::now();
    let server = echo::serve(url, size).await?;
    report(&[begin.elapsed().as_secs_f64() * 1e3, resident_kib()?]).await?;
    server.shutdown().await?;
    Ok(())
}
