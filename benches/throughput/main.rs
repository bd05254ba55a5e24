//! Throughput, latency and CPU per call of amqp-rpc beside lapin by hand, in one run. This file decides what
//! the process is.
//!
//! Run it with `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench throughput`, or against your own broker with
//! `AMQP_URL` set; `-- --help` lists its options, docs/performance.md explains its tables.

mod broker;
mod cpu;
mod extras;
mod failures;
mod implementations;
mod measure;
mod options;
mod report;
mod role;
mod variant;

use std::process::ExitCode;

use options::Invocation;
use role::Role;

pub(crate) use amqp_rpc_bench_harness::Failure;

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
    amqp_rpc_bench_harness::runtime()?.block_on(implementations::run(role))
}
