//! `docs export`: AsyncAPI, JSON Schema, or descriptions.

use amqp_rpc::{
    description::ServiceDescription,
    docs::{
        asyncapi::{Info, asyncapi},
        json_schema::head,
    },
};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{contract, failure::Failure, form::Form, session::Session};

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The services. Default: all that are described.
    #[arg(value_name = "SERVICE", add = contract::names::services())]
    services: Vec<String>,
    /// What is written.
    #[arg(long, value_enum, default_value = "asyncapi")]
    format: Format,
    /// The title of the document. Default: the names of the services.
    #[arg(long)]
    title: Option<String>,
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
    let services = described(&args.services, session).await?;
    if services.is_empty() {
        return Err(Failure::usage("no service is described")
            .advice("name one, or see with `amqp-rpc list` whether servers answer"));
    }
    let document = match args.format {
        Format::Asyncapi => asyncapi(&services, &info(args.title, &services)),
        Format::JsonSchema => head(&services),
        Format::Description => json!(services),
    };
    // To be kept: indented, unless another form is asked for.
    session.output.line(&session.global.output.unwrap_or(Form::Pretty).text_of(&document))
}

async fn described(names: &[String], session: &Session) -> Result<Vec<ServiceDescription>, Failure> {
    if names.is_empty() {
        return contract::all(session).await;
    }
    let mut services = Vec::new();
    for name in names {
        services.push(contract::expect_service(name, session).await?);
    }
    Ok(services)
}

/// The version is that of the services, where they have one in common.
fn info(title: Option<String>, services: &[ServiceDescription]) -> Info {
    let names = || services.iter().map(|service| service.service.as_str()).collect::<Vec<_>>().join(", ");
    let mut versions = services.iter().map(|service| service.version.as_deref());
    let first = versions.next().flatten();
    let version = first.filter(|version| versions.all(|other| other == Some(*version)));
    Info::new(title.unwrap_or_else(names), version.unwrap_or("0.0.0"))
}
