//! `docs check`: whether a new version of a contract is compatible with an old one.

use std::path::PathBuf;

use amqp_rpc::{
    description::ServiceDescription,
    docs::compatibility::{Bump, Report, compare},
};
use clap::{Args, ValueEnum, ValueHint};
use serde_json::{Map, Value, json};

use crate::{contract, exit::Exit, failure::Failure, form::Form, session::Session};

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The old contract: an AsyncAPI document, a description or a list of them, or - for stdin.
    #[arg(value_hint = ValueHint::FilePath)]
    old: PathBuf,
    /// The new contract. Default: the services as they run.
    #[arg(value_hint = ValueHint::FilePath, conflicts_with = "service")]
    new: Option<PathBuf>,
    /// Compare this service alone, as it runs.
    #[arg(long, value_name = "SERVICE", add = contract::names::services())]
    service: Option<String>,
    /// Who must not break for exit code 0: old clients of the new servers, new clients of old servers, or both.
    #[arg(long = "for", value_enum, default_value = "clients")]
    audience: Audience,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Audience {
    Clients,
    Servers,
    Both,
}

impl Audience {
    fn breaks(self, report: &Report) -> bool {
        (self != Self::Servers && report.breaks_clients())
            || (self != Self::Clients && report.breaks_servers())
    }
}

/// # Errors
/// [`Exit::Incompatible`] where the audience breaks; what breaks is in the output.
pub(crate) async fn run(args: CheckArgs, session: &Session) -> Result<(), Failure> {
    let mut old = contract::read(&args.old)?;
    let new = match (&args.new, &args.service) {
        (Some(path), _) => contract::read(path)?,
        (None, Some(name)) => {
            old.retain(|service| service.service == *name);
            vec![contract::expect_service(name, session).await?]
        }
        (None, None) => running(&old, session).await?,
    };
    if old.is_empty() {
        return Err(Failure::usage(format!("{} has no service to compare", args.old.display())));
    }
    let report = compare(&old, &new);
    if session.output.form() == Form::Table {
        session.output.line(&text_of(&report, &old))?;
    } else {
        session.output.value(&value_of(&report, &old))?;
    }
    if args.audience.breaks(&report) {
        return Err(Failure::reported(Exit::Incompatible));
    }
    Ok(())
}

/// The services of the old contract as they run. One that is gone is a finding.
async fn running(old: &[ServiceDescription], session: &Session) -> Result<Vec<ServiceDescription>, Failure> {
    let mut services = Vec::new();
    for service in old {
        services.extend(contract::service(&service.service, session).await?);
    }
    Ok(services)
}

fn text_of(report: &Report, old: &[ServiceDescription]) -> String {
    let verdict = |breaks: bool, yes: &str, no: &str| if breaks { yes.to_owned() } else { no.to_owned() };
    let clients = verdict(
        report.breaks_clients(),
        "old clients break with the new servers",
        "old clients work with the new servers",
    );
    let servers = verdict(
        report.breaks_servers(),
        "new clients break with old servers: replace the servers first",
        "new clients work with old servers",
    );
    let mut text = format!("{report}{clients}\n{servers}\nadvised: {}", bump_text(report.bump()));
    for (service, next) in next_versions(report.bump(), old) {
        text = format!("{text}\n  {service} {next}");
    }
    text
}

fn value_of(report: &Report, old: &[ServiceDescription]) -> Value {
    let next: Map<_, _> =
        next_versions(report.bump(), old).map(|(service, next)| (service.to_owned(), next.into())).collect();
    json!({
        "breaks_clients": report.breaks_clients(),
        "breaks_servers": report.breaks_servers(),
        "bump": report.bump(),
        "next": next,
        "findings": report.findings,
    })
}

/// The services with a version, and the version after it.
fn next_versions(bump: Bump, old: &[ServiceDescription]) -> impl Iterator<Item = (&str, String)> {
    old.iter()
        .filter_map(move |service| Some((service.service.as_str(), bump.next(service.version.as_deref()?)?)))
}

fn bump_text(bump: Bump) -> &'static str {
    match bump {
        Bump::None => "the same version, nothing has changed",
        Bump::Patch => "a patch, only texts have changed",
        Bump::Minor => "a minor version",
        Bump::Major => "a major version",
        _ => "another version",
    }
}
