//! `stats`: calls, errors and latencies, for each instance and method.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::ping::none_answers;
use crate::{
    contract::{
        self,
        from_broker::{self, micros, rounded},
    },
    failure::Failure,
    output::Rows,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// The service.
    #[arg(value_name = "SERVICE", add = contract::names::services())]
    service: String,
}

pub(crate) async fn run(args: StatsArgs, session: &Session) -> Result<(), Failure> {
    let instances = from_broker::stats(&args.service, session).await?;
    if instances.is_empty() {
        return Err(none_answers(&args.service));
    }
    let mut rows = Rows::new(&["method", "instance", "calls", "errors", "in flight", "p50", "p99"]);
    let text = |time: Option<Duration>| time.map(rounded).unwrap_or_default();
    for instance in &instances {
        for method in &instance.methods {
            rows.push(
                vec![
                    method.method.clone(),
                    instance.id.clone(),
                    method.calls.to_string(),
                    method.errors.to_string(),
                    method.in_flight.to_string(),
                    text(method.p50),
                    text(method.p99),
                ],
                json!({
                    "method": method.method, "instance": instance.id, "uptime_s": instance.uptime.as_secs(),
                    "calls": method.calls, "errors": method.errors, "in_flight": method.in_flight,
                    "p50_us": method.p50.map(micros), "p99_us": method.p99.map(micros),
                }),
            );
        }
    }
    session.output.rows(rows)
}
