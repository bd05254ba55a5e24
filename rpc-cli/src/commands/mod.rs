//! The commands, and what they share: their command line.

mod call;
pub(crate) mod completions;
mod context;
mod describe;
mod docs;
mod example;
mod list;
mod listen;
mod man;
mod one_way;
mod ping;
mod stats;
mod stream;
mod template;

use clap::{Parser, Subcommand};

use crate::{bench, dead, failure::Failure, global::Global, mock, session::Session, watch};

/// Lists, describes, calls and watches services on an AMQP 0-9-1 broker.
///
/// Exit codes: 0 done, 1 usage, 2 no connection, 3 timeout, 4 unroutable, 5 the method's error or a fault, 6 the body or
/// the reply does not fit, 7 incompatible contracts, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "amqp-rpc", version, propagate_version = true, max_term_width = 110)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "To look around without a broker: amqp-rpc --example list")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command with its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the services and their instances, or the methods of a service.
    List(list::ListArgs),
    /// Show a service or a method: signatures, types, limits, documentation.
    Describe(describe::DescribeArgs),
    /// Call a method, and print its result.
    Call(call::CallArgs),
    /// Print a body for a method, to fill in.
    Template(template::TemplateArgs),
    /// Send a notification: a message that one server handles, without a reply.
    Notify(one_way::NotifyArgs),
    /// Publish an event.
    Publish(one_way::PublishArgs),
    /// Print events as they come, until Ctrl-C.
    Listen(listen::ListenArgs),
    /// Ask the instances of a service, or of all services, whether they are there.
    Ping(ping::PingArgs),
    /// Show calls, errors and latencies of a service, for each instance and method.
    Stats(stats::StatsArgs),
    /// Show queues and calls, again and again, until Ctrl-C.
    Watch(watch::WatchArgs),
    /// Call a method many times, and measure how long the calls take.
    Bench(bench::BenchArgs),
    /// The dead letters of a service: messages that failed.
    #[command(subcommand)]
    Dead(dead::DeadCommand),
    /// Serve a contract with made-up replies, until Ctrl-C.
    Mock(mock::MockArgs),
    /// Write the contract as a document, serve it as a page, or compare two versions.
    #[command(subcommand)]
    Docs(docs::DocsCommand),
    /// Named brokers.
    #[command(subcommand)]
    Context(context::ContextCommand),
    /// Run a broker with the service of --example, until Ctrl-C.
    Example(example::ExampleArgs),
    /// Print the script that completes commands, services and methods in a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page.
    Man(man::ManArgs),
}

impl Command {
    /// It handles Ctrl-C by itself. All others are interrupted.
    pub(crate) fn ends_itself(&self) -> bool {
        matches!(
            self,
            Self::Listen(_)
                | Self::Example(_)
                | Self::Watch(_)
                | Self::Bench(_)
                | Self::Mock(_)
                | Self::Dead(dead::DeadCommand::Retry(_))
                | Self::Docs(docs::DocsCommand::Serve(_))
        )
    }
}

/// Runs a command.
///
/// # Errors
/// Those of the command.
pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List(args) => list::run(args, session).await,
        Command::Describe(args) => describe::run(args, session).await,
        Command::Call(args) => call::run(args, session).await,
        Command::Template(args) => template::run(args, session).await,
        Command::Notify(args) => one_way::notify(args, session).await,
        Command::Publish(args) => one_way::publish(args, session).await,
        Command::Listen(args) => listen::run(args, session).await,
        Command::Ping(args) => ping::run(args, session).await,
        Command::Stats(args) => stats::run(args, session).await,
        Command::Watch(args) => watch::run(args, session).await,
        Command::Bench(args) => bench::run(args, session).await,
        Command::Dead(command) => dead::run(command, session).await,
        Command::Mock(args) => mock::run(args, session).await,
        Command::Docs(command) => docs::run(command, session).await,
        Command::Context(command) => context::run(command, session),
        Command::Example(args) => example::run(args, session).await,
        Command::Completions(args) => completions::run(args, session),
        Command::Man(args) => man::run(args, session),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
