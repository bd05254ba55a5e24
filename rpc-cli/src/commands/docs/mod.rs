//! `docs`: the contract as a document or a page, and the comparison of two versions.

mod check;
mod described;
mod export;
mod serve;

use clap::Subcommand;

use crate::{failure::Failure, session::Session};

#[derive(Debug, Subcommand)]
pub(crate) enum DocsCommand {
    /// Write the contract of services as an AsyncAPI document, a JSON Schema, descriptions, or a page.
    Export(export::ExportArgs),
    /// Serve a page of the contract, until Ctrl-C.
    Serve(serve::ServeArgs),
    /// Say whether a new version of a contract is compatible with an old one, for clients and for servers.
    Check(check::CheckArgs),
}

pub(crate) async fn run(command: DocsCommand, session: &Session) -> Result<(), Failure> {
    match command {
        DocsCommand::Export(args) => export::run(args, session).await,
        DocsCommand::Serve(args) => serve::run(args, session).await,
        DocsCommand::Check(args) => check::run(args, session).await,
    }
}
