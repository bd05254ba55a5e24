//! Throughput, latency and CPU per call of amqp-rpc beside lapin by hand, in one run. This file decides what the process is.
//!
//! Run it with `scripts/with-rabbitmq.sh cargo bench --bench throughput`, or against your own broker with `AMQP_URL` set;
//! `-- --help` lists its options, docs/performance.md explains its tables.

mod broker;
mod conductor;
mod cpu;
mod edges;
mod load;
mod options;
mod report;
mod role;
mod variant;

use std::process::ExitCode;

use options::Invocation;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match options::read(std::env::args().skip(1)) {
        Ok(Invocation::Measure(plan)) => conductor::measure(&plan),
        Ok(Invocation::Play(part)) => role::play(&part),
        Ok(Invocation::Say(text)) => {
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

/// Two workers everywhere, so that numbers of different machines can be compared.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
