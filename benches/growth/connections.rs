//! Connections: what each client takes in memory and time, with a reply queue of its own.

use std::time::Instant;

use amqp_rpc::Client;
use amqp_rpc_bench_harness::Failure;

use crate::{
    child::{Process, Role, report, resident_kib},
    options::Options,
    table,
};

const SIZES: [usize; 4] = [1, 10, 100, 500];

pub(crate) async fn measure(options: &Options) -> Result<(), Failure> {
    table::head(&["clients", "process MiB", "KiB per client", "ms to connect one"]);
    for size in options.sizes(&SIZES) {
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            let mut clients = Process::start(&options.url, Role::Connections(size))?;
            let [all, each, milliseconds] = clients.numbers()?;
            rounds.push([all / 1024.0, each, milliseconds]);
        }
        table::row(size, &rounds);
    }
    Ok(())
}

/// The child: connects, and says how much memory that takes. One more was connected before, for what all share.
pub(crate) async fn connect(url: &str, size: usize) -> Result<(), Failure> {
    let mut clients = vec![Client::connect(url).await?];
    let before = resident_kib()?;
    let begin = Instant::now();
    for _ in 0..size {
        clients.push(Client::connect(url).await?);
    }
    let milliseconds = begin.elapsed().as_secs_f64() * 1e3;
    let after = resident_kib()?;
    report(&[after, (after - before) / size as f64, milliseconds / size as f64]).await?;
    for client in clients {
        client.close().await;
    }
    Ok(())
}
