//! The soak: calls, notifications and events of every kind while brokers restart, connections break, servers
//! are killed and malformed messages come. At the end every call and message is accounted for.
//! CONTRIBUTING.md says what is checked.
//!
//! `cargo bench -p amqp-rpc-benches --bench soak -- --minutes 10` runs on the embedded broker, `scripts/with-rabbitmq.sh cargo
//! bench -p amqp-rpc-benches --bench soak` on RabbitMQ.

mod chaos;
mod clients;
mod dead_letters;
mod final_checks;
mod findings;
mod ledgers;
mod options;
mod process_sample;
mod random;
mod raw_peer;
mod report;
mod run;
mod servers;

use std::process::ExitCode;

use options::Invocation;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let options = match options::read(std::env::args().skip(1)) {
        Ok(Invocation::Soak(options)) => options,
        Ok(Invocation::Print(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("soak: {mistake}");
            return ExitCode::FAILURE;
        }
    };
    match run::soak(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("soak: {failure}");
            ExitCode::FAILURE
        }
    }
}
