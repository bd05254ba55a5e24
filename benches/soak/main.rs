//! The soak: calls, notifications and events of every kind while brokers restart, connections break, servers are killed and bad messages come. At
//! the end every one of them is accounted for. This file says in which order; CONTRIBUTING.md says what is checked.
//!
//! `cargo bench --bench soak -- --minutes 10` runs on the embedded broker, `scripts/with-rabbitmq.sh cargo bench --bench soak` on RabbitMQ.

mod callers;
mod chaos;
mod dead_letters;
mod dice;
mod forgetting;
mod history;
mod journal;
mod kinds;
mod ledger;
mod message_ledger;
mod messages;
mod options;
mod outcomes;
mod peer;
mod receivers;
mod recovery;
mod report;
mod run;
mod senders;
mod servers;
mod service;
mod violations;
mod vitals;

use std::process::ExitCode;

use options::Invocation;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let plan = match options::read(std::env::args().skip(1)) {
        Ok(Invocation::Soak(plan)) => plan,
        Ok(Invocation::Say(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("soak: {mistake}");
            return ExitCode::FAILURE;
        }
    };
    match run::soak(&plan) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("soak: {failure}");
            ExitCode::FAILURE
        }
    }
}
