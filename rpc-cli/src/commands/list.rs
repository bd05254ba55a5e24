//! `list`: services with their instances, or the methods of one.

use clap::Args;
use serde_json::json;

use crate::{
    contract::{self, kind_text, signature},
    failure::Failure,
    output::Rows,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List the methods of this service.
    #[arg(value_name = "SERVICE", add = contract::names::services())]
    service: Option<String>,
}

pub(crate) async fn run(args: ListArgs, session: &Session) -> Result<(), Failure> {
    match args.service {
        Some(service) => methods(&service, session).await,
        None if session.global.contract.is_some() => of_contract(session).await,
        None => instances(session).await,
    }
}

/// One row for each service of each instance.
async fn instances(session: &Session) -> Result<(), Failure> {
    let instances = contract::from_broker::instances(session).await?;
    let mut rows = Rows::new(&["service", "version", "instance", "app", "up", "round trip", "queue"]);
    let mut found: Vec<_> = instances
        .iter()
        .flat_map(|instance| instance.services.iter().map(move |service| (service, instance)))
        .collect();
    found.sort_by(|(one, its), (other, others)| (&one.name, &its.id).cmp(&(&other.name, &others.id)));
    for (service, instance) in found {
        let (up, round_trip) = (instance.uptime, instance.round_trip);
        rows.push(
            vec![
                service.name.clone(),
                service.version.clone().unwrap_or_default(),
                instance.id.clone(),
                instance.app.clone().unwrap_or_default(),
                contract::from_broker::rounded(up),
                contract::from_broker::rounded(round_trip),
                service.queue.clone(),
            ],
            json!({
                "service": service.name, "version": service.version, "instance": instance.id,
                "app": instance.app, "program": instance.version, "library": instance.library, "uptime_s": up.as_secs(),
                "round_trip_us": contract::from_broker::micros(round_trip), "exchange": service.exchange,
                "queue": service.queue, "described": service.described,
            }),
        );
    }
    session.output.rows(rows)
}

async fn of_contract(session: &Session) -> Result<(), Failure> {
    let mut rows = Rows::new(&["service", "version", "methods"]);
    for service in contract::all(session).await? {
        let (version, methods) = (service.version.clone(), service.methods.len());
        rows.push(
            vec![service.service.clone(), version.clone().unwrap_or_default(), methods.to_string()],
            json!({"service": service.service, "version": version, "methods": methods}),
        );
    }
    session.output.rows(rows)
}

async fn methods(service: &str, session: &Session) -> Result<(), Failure> {
    let service = contract::expect_service(service, session).await?;
    let mut rows = Rows::new(&["method", "kind", "signature"]);
    for method in &service.methods {
        let (kind, signature) = (kind_text(method.kind), signature(method));
        rows.push(
            vec![method.full_name.clone(), kind.to_owned(), signature.clone()],
            json!({"method": method.full_name, "kind": kind, "signature": signature}),
        );
    }
    session.output.rows(rows)
}
