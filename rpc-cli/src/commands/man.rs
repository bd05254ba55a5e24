//! `man`: the manual page.

use clap::{Args, CommandFactory};

use super::Cli;
use crate::{failure::Failure, session::Session};

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command whose page is printed, such as `call` or `docs check`. Default: the page of amqp-rpc.
    command: Vec<String>,
}

pub(crate) fn run(args: ManArgs, session: &Session) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    for name in &args.command {
        let Some(found) = command.find_subcommand(name) else {
            return Err(Failure::usage(format!("there is no command `{name}`"))
                .advice("`amqp-rpc --help` lists the commands"));
        };
        command = found.clone();
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::usage(error.to_string()))?;
    session.output.bytes(&page)
}
