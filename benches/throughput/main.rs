//! Throughput, latency and CPU per call of amqp-rpc beside lapin by hand, in one run. This file decides what
//! the process is.
//!
//! Run it with `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench throughput`, or against your own broker with
//! `AMQP_URL` set; `-- --help` lists its options, docs/performance.md explains its tables.

mod broker;
mod child;
mod cpu;
mod extras;
mod failures;
mod implementations;
mod load;
mod measure;
mod options;
mod report;
mod role;
mod variant;

use std::process::ExitCode;

use options::Invocation;
use role::Role;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match options::read(std::env::args().skip(1)) {
        Ok(Invocation::Measure(options)) => measure::run(&options),
        Ok(Invocation::Run(role)) => run(&role),
        Ok(Invocation::Print(text)) => {
            println!("{text}");
            Ok(())
        }
        Err(mistake) => Err(mistake.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("throughput: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(role: &Role) -> Result<(), Failure> {
    runtime()?.block_on(implementations::run(role))
}

/// Two workers everywhere, so that numbers of different machines can be compared.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
