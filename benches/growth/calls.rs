//! Calls in flight on one client: what each takes in memory, and in time.
//!
//! All are made while nobody serves their queue, so that all are in flight at once; then a server starts and
//! answers them. Both times are whole ones, shared by the calls: that of a few calls is that of starting.

use std::time::{Duration, Instant};

use amqp_rpc::Client;
use amqp_rpc_bench_harness::{Caller, Failure};
use tokio::task::JoinSet;

use crate::{
    broker::Observer,
    child::{Process, Role, report, resident_kib},
    echo::{EchoCaller, NAMESPACE, serve},
    options::Options,
    table,
};

const SIZES: [usize; 6] = [1, 10, 100, 1_000, 10_000, 100_000];
const TIMEOUT: Duration = Duration::from_secs(600);

pub(crate) async fn measure(options: &Options) -> Result<(), Failure> {
    table::head(&[
        "calls in flight",
        "client MiB",
        "bytes per call",
        "µs to publish one",
        "µs to answer one",
    ]);
    for size in options.sizes(&SIZES) {
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            rounds.push(round(&options.url, size).await?);
        }
        table::row(size, &rounds);
    }
    Ok(())
}

async fn round(url: &str, size: usize) -> Result<[f64; 4], Failure> {
    // It declares the queue, which stays.
    serve(url, 1).await?.shutdown().await?;
    let mut client = Process::start(url, Role::Calls(size))?;
    let [before] = client.numbers()?;
    let observer = Observer::connect(url).await?;
    let begin = Instant::now();
    client.go_on()?;
    observer.await_requests(size).await?;
    let published = begin.elapsed();
    let [] = client.numbers()?;
    client.go_on()?;
    let [in_flight] = client.numbers()?;

    let begin = Instant::now();
    let server = serve(url, 1).await?;
    client.go_on()?;
    // On another thread: the server needs this one.
    let client = tokio::task::spawn_blocking(move || client.numbers::<0>().map(|_| client)).await??;
    let answered = begin.elapsed();
    drop(client);
    server.shutdown().await?;

    let per_call = |time: Duration| time.as_secs_f64() * 1e6 / size as f64;
    let bytes_per_call = (in_flight - before) * 1024.0 / size as f64;
    Ok([in_flight / 1024.0, bytes_per_call, per_call(published), per_call(answered)])
}

/// The child: calls, says how much memory that takes, and that all are answered.
pub(crate) async fn call(url: &str, size: usize) -> Result<(), Failure> {
    let builder = Client::builder().namespace(NAMESPACE).timeout(TIMEOUT).max_in_flight(size);
    let caller = EchoCaller { client: builder.connect(url).await?, services: 1 };
    report(&[resident_kib()?]).await?;
    let mut calls = JoinSet::new();
    for n in 0..size as u64 {
        let caller = caller.clone();
        calls.spawn(async move { caller.echo(n).await.map(|answer| answer == n) });
    }
    report(&[]).await?;
    report(&[resident_kib()?]).await?;
    while let Some(call) = calls.join_next().await {
        if !call?? {
            return Err("the echo of a number was another".into());
        }
    }
    report(&[]).await
}
