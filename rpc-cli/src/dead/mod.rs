//! `dead`: the dead letters of a service.

mod again;
mod drop;
mod letter;
mod letters;
mod list;
mod publish;
mod retry;
mod select;
mod time;

use clap::Subcommand;

pub(crate) use self::{drop::DropArgs, list::ListArgs, list::ShowArgs, retry::RetryArgs};
use crate::{contract, failure::Failure, session::Session};

/// Looks at the dead letters of a service, sends them again, or drops them.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List them: what, why, when. They stay in their order, marked as redelivered.
    List(ListArgs),
    /// Print them whole, with properties, headers and body. They stay as for `list`.
    Show(ShowArgs),
    /// Send them to their queue again. A letter is taken out when the broker has confirmed the message.
    Retry(RetryArgs),
    /// Take them out for good.
    Drop(DropArgs),
}

/// The service whose dead letters they are.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServiceArgs {
    /// The service.
    #[arg(add = contract::names::services())]
    service: String,
    /// The queue of its requests, where it is not called like the service: such as `shop.events.billing` of a group of
    /// subscribers. Without its namespace.
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
}

/// A queue, and that of its dead letters.
#[derive(Debug)]
struct Queues {
    requests: String,
    dead: String,
}

/// # Errors
/// Those of the command.
pub(crate) async fn run(command: DeadCommand, session: &Session) -> Result<(), Failure> {
    match command {
        DeadCommand::List(args) => list::list(args, session).await,
        DeadCommand::Show(args) => list::show(args, session).await,
        DeadCommand::Retry(args) => retry::run(args, session).await,
        DeadCommand::Drop(args) => drop::run(args, session).await,
    }
}

impl ServiceArgs {
    /// The queues. Servers are not asked: they may not run.
    async fn queues(&self, session: &Session) -> Result<Queues, Failure> {
        let name = self.queue.as_ref().unwrap_or(&self.service);
        let requests = match session.namespace().await? {
            Some(namespace) => format!("{namespace}.{name}"),
            None => name.clone(),
        };
        let dead = format!("{requests}.dead");
        Ok(Queues { requests, dead })
    }
}
