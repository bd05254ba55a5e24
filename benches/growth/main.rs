//! How time and memory grow: with the calls in flight on a client, the services of a server, the processes that
//! serve, and the connections. This file decides what the process is.
//!
//! Run it with `scripts/with-rabbitmq.sh cargo bench -p amqp-rpc-benches --bench growth`; `-- --help` lists its
//! options. Each measurement has client or server processes of its own, so that memory is that of nothing else.

mod broker;
mod calls;
mod child;
mod connections;
mod echo;
mod options;
mod servers;
mod services;
mod table;

use std::process::ExitCode;

use amqp_rpc_bench_harness::{Failure, runtime, url};

use child::Role;
use options::{Invocation, Options, Part};

fn main() -> ExitCode {
    let outcome = match options::read(std::env::args().skip(1)) {
        Ok(Invocation::Measure(options)) => measure(&options),
        Ok(Invocation::Child(role)) => {
            runtime().map_err(Failure::from).and_then(|runtime| runtime.block_on(play(role)))
        }
        Ok(Invocation::Print(text)) => {
            println!("{text}");
            Ok(())
        }
        Err(mistake) => Err(mistake.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("growth: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// A child process.
async fn play(role: Role) -> Result<(), Failure> {
    let url = url()?;
    match role {
        Role::Calls(size) => calls::call(&url, size).await,
        Role::Services(size) => services::serve(&url, size).await,
        Role::Connections(size) => connections::connect(&url, size).await,
    }
}

fn measure(options: &Options) -> Result<(), Failure> {
    runtime()?.block_on(async {
        broker::clean(&options.url).await?;
        for part in &options.parts {
            match part {
                Part::Calls => calls::measure(options).await?,
                Part::Services => services::measure(options).await?,
                Part::Servers => servers::measure(options).await?,
                Part::Connections => connections::measure(options).await?,
            }
        }
        broker::clean(&options.url).await
    })
}
