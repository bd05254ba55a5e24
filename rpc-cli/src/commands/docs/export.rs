//! `docs export`: AsyncAPI, JSON Schema, descriptions, or a page.

use std::{fs, path::PathBuf};

use amqp_rpc::docs::{asyncapi::asyncapi, json_schema::head, page};
use clap::{Args, ValueEnum, ValueHint};
use serde_json::json;

use super::described::DescribedArgs;
use crate::{failure::Failure, form::Form, session::Session};

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    described: DescribedArgs,
    /// What is written.
    #[arg(long, value_enum, default_value = "asyncapi")]
    format: Format,
    /// Write a page for people, one HTML file that needs nothing else, to FILE or to stdout.
    #[arg(
        long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-",
        value_hint = ValueHint::FilePath, conflicts_with = "format",
    )]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// AsyncAPI 3.0.0.
    Asyncapi,
    /// One JSON Schema of draft 7 with the bodies of all methods.
    JsonSchema,
    /// A list of descriptions, as servers send them.
    Description,
}

pub(crate) async fn run(args: ExportArgs, session: &Session) -> Result<(), Failure> {
    let (services, info) = args.described.find(session).await?;
    if let Some(path) = args.html {
        let page = page::html(&services, &info);
        if path.as_os_str() == "-" {
            return session.output.bytes(page.as_bytes());
        }
        let failure = |error| Failure::usage(format!("{}: {error}", path.display()));
        return fs::write(&path, page).map_err(failure);
    }
    let document = match args.format {
        Format::Asyncapi => asyncapi(&services, &info),
        Format::JsonSchema => head(&services),
        Format::Description => json!(services),
    };
    // To be kept: indented, unless another form is asked for.
    session.output.line(&session.global.output.unwrap_or(Form::Pretty).text_of(&document))
}
