//! The command `amqp-rpc`: lists, describes, calls and watches services on a broker, and checks their contracts.
//! docs/cli.md is its manual.
//!
//! # How a command is added
//!
//! 1. Its module has a struct of arguments, `#[derive(clap::Args)]`, and
//!    `pub(crate) async fn run(args: …Args, session: &Session) -> Result<(), Failure>`. A command that is one file
//!    stands in `commands/`; a larger one is a folder beside it.
//! 2. It is a variant of `Command` in `commands/mod.rs`, and an arm of `run` there. A command that ends on Ctrl-C by
//!    itself, and then succeeds, is named in `Command::ends_itself`, and waits for `interrupt::pressed()`.
//! 3. It takes the broker from [`Session`]: `client()` for calls, `connect_options()` for
//!    connections of its own. It says what it does by `session.note(..)`, which `-v` shows on stderr.
//! 4. It writes to stdout by [`Output`](output::Output) alone: `session.output.rows(..)` is a table, JSON or pretty
//!    JSON as `-o` says, `value(..)` a value, `line(..)` text. A closed pipe becomes a `Failure` that is silent.
//! 5. It fails with a [`Failure`]: an [`Exit`] code, a text, and what to do next
//!    (`advice`). `call_error::failure_of` makes one of a `CallError`.
//! 6. docs/cli.md describes it. Each command line there is run by `tests/transcript.rs`.
//!
//! Modules import one way, each only from those before it: see `xtask/order.txt`.

mod bench;
mod body;
mod call_error;
mod caller;
mod commands;
mod connection;
mod contract;
mod dead;
mod example;
mod exit;
mod failure;
mod form;
mod global;
mod interrupt;
mod mock;
mod output;
mod session;
mod watch;

use std::process::ExitCode;

use clap::{Parser, error::ErrorKind};

use self::{commands::Cli, exit::Exit, failure::Failure, session::Session};

fn main() -> ExitCode {
    commands::completions::answer_shell();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report_usage(&error).into(),
    };
    let form = cli.global.error_form();
    match execute(cli) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            failure.print(form);
            failure.exit().into()
        }
    }
}

/// Help and version are no errors. What clap refuses is reported on stderr, with its advice.
fn report_usage(error: &clap::Error) -> Exit {
    // A closed pipe: there is no one to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
        _ => Exit::Usage,
    }
}

fn execute(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("no runtime: {error}")))?;
    let outcome = runtime.block_on(run(cli));
    // A thread may be reading stdin, which nothing can interrupt.
    runtime.shutdown_background();
    outcome
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { global, command } = cli;
    let session = Session::new(global);
    let outcome = if command.ends_itself() {
        commands::run(command, &session).await
    } else {
        tokio::select! {
            // Dropping a call gives it up: the library cancels it.
            () = interrupt::pressed() => Err(Failure::interrupted()),
            outcome = commands::run(command, &session) => outcome,
        }
    };
    session.close().await;
    outcome
}
