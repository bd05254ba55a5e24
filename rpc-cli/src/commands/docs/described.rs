//! The services that a document is made of, and what it says of itself.

use amqp_rpc::{description::ServiceDescription, docs::asyncapi::Info};
use clap::Args;

use crate::{contract, failure::Failure, session::Session};

#[derive(Debug, Args)]
pub(super) struct DescribedArgs {
    /// The services. Default: all that are described.
    #[arg(value_name = "SERVICE", add = contract::names::services())]
    services: Vec<String>,
    /// The title of the document. Default: the names of the services.
    #[arg(long)]
    title: Option<String>,
}

impl DescribedArgs {
    /// # Errors
    /// When nothing describes a service that is named, or any.
    pub(super) async fn find(self, session: &Session) -> Result<(Vec<ServiceDescription>, Info), Failure> {
        let services = described(&self.services, session).await?;
        if services.is_empty() {
            return Err(Failure::usage("no service is described")
                .advice("name one, or see with `amqp-rpc list` whether servers answer"));
        }
        let info = info(self.title, &services);
        Ok((services, info))
    }
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
