//! `docs`: the contract as a document, and the comparison of two versions.

mod check;
mod export;

use clap::Subcommand;

use crate::{failure::Failure, session::Session};

#[derive(Debug, Subcommand)]
pub(crate) enum DocsCommand {
    /// Write the contract of services as an AsyncAPI document, a JSON Schema, or descriptions.
    Export(export::ExportArgs),
    /// Say whether a new version of a contract is compatible with an old one, for clients and for servers.
    Check(check::CheckArgs),
}

pub(crate) async fn run(command: DocsCommand, session: &Session) -> Result<(), Failure> {
    match command {
        DocsCommand::Export(args) => export::run(args, session).await,
        DocsCommand::Check(args) => check::run(args, session).await,
    }
}
