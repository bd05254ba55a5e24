//! `ping`: which instances answer, and how fast.

use clap::Args;
use serde_json::json;

use crate::{
    contract::{
        self,
        from_broker::{self, micros, rounded},
    },
    exit::Exit,
    failure::Failure,
    output::Rows,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct PingArgs {
    /// The service. Default: every instance of all services.
    #[arg(value_name = "SERVICE", add = contract::names::services())]
    service: Option<String>,
}

pub(crate) async fn run(args: PingArgs, session: &Session) -> Result<(), Failure> {
    let instances = match &args.service {
        Some(service) => from_broker::ping(service, session).await?,
        None => from_broker::instances(session).await?,
    };
    let mut rows = Rows::new(&["instance", "app", "program", "library", "up", "round trip"]);
    for instance in &instances {
        let (up, round_trip) = (instance.uptime, instance.round_trip);
        rows.push(
            vec![
                instance.id.clone(),
                instance.app.clone().unwrap_or_default(),
                instance.version.clone().unwrap_or_default(),
                instance.library.clone(),
                rounded(up),
                rounded(round_trip),
            ],
            json!({
                "instance": instance.id, "app": instance.app, "program": instance.version, "library": instance.library,
                "uptime_s": up.as_secs(), "round_trip_us": micros(round_trip),
            }),
        );
    }
    session.output.rows(rows)?;
    match args.service {
        Some(service) if instances.is_empty() => Err(none_answers(&service)),
        _ => Ok(()),
    }
}

/// A service that is asked for, and none of whose instances answers.
pub(super) fn none_answers(service: &str) -> Failure {
    Failure::new(Exit::Unroutable, format!("no instance of {service} answers"))
        .advice("`amqp-rpc list` shows the services that there are")
        .advice("servers answer unless reflection is off")
}
