//! Completion in shells: of commands and options, and of services and methods.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{CompleteEnv, env::Shells};

use super::Cli;
use crate::{failure::Failure, session::Session};

/// The variable by which a shell's script asks for completions.
const ASKS: &str = "AMQP_RPC_COMPLETE";

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell that the script is for.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Elvish => "elvish",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Zsh => "zsh",
        }
    }
}

/// Answers a shell that asks for completions, and ends the process then.
pub(crate) fn answer_shell() {
    CompleteEnv::with_factory(Cli::command).var(ASKS).complete();
}

pub(crate) fn run(args: CompletionsArgs, session: &Session) -> Result<(), Failure> {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(args.shell.name()) else {
        return Err(Failure::usage(format!("there is no completion for {}", args.shell.name())));
    };
    let mut script = Vec::new();
    shell
        .write_registration(ASKS, "amqp_rpc", "amqp-rpc", "amqp-rpc", &mut script)
        .map_err(|error| Failure::usage(error.to_string()))?;
    session.output.bytes(&script)
}
