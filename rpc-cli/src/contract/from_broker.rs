//! The contract as the servers describe it: all use of reflection.

use std::time::Duration;

use amqp_rpc::{
    CallError,
    contract::NoError,
    description::ServiceDescription,
    reflection::{Instance, InstanceStats, Reflection},
};

use super::cache;
use crate::{call_error, failure::Failure, session::Session};

/// Every instance that answers. Services whose servers do not answer are not there.
///
/// # Errors
/// When the broker cannot be reached, or refuses.
pub(crate) async fn instances(session: &Session) -> Result<Vec<Instance>, Failure> {
    let asked = reflection(session).await?.instances().await;
    let instances = asked.map_err(|error| failed(&error, "$ping"))?;
    cache::remember_services(session, &instances).await;
    Ok(instances)
}

/// Every instance of one service that answers.
///
/// # Errors
/// When the broker cannot be reached, or refuses.
pub(crate) async fn ping(service: &str, session: &Session) -> Result<Vec<Instance>, Failure> {
    let asked = reflection(session).await?.ping(service).await;
    asked.map_err(|error| failed(&error, service))
}

/// The calls and latencies of a service, of every instance.
///
/// # Errors
/// When the broker cannot be reached, or refuses.
pub(crate) async fn stats(service: &str, session: &Session) -> Result<Vec<InstanceStats>, Failure> {
    let asked = reflection(session).await?.stats(service).await;
    asked.map_err(|error| failed(&error, service))
}

/// What one instance says of its service. `None` if none answers that it has it: it does not run, or does not describe
/// itself. A call without a contract then says which.
///
/// # Errors
/// When the broker cannot be reached.
pub(crate) async fn describe(
    service: &str,
    session: &Session,
) -> Result<Option<ServiceDescription>, Failure> {
    match reflection(session).await?.describe(service).await {
        Ok(description) => {
            session.note(format_args!("contract of {service}: from its server"));
            cache::remember(session, &description).await;
            Ok(Some(description))
        }
        Err(
            error @ (CallError::Unroutable(_)
            | CallError::NoConsumer(_)
            | CallError::Timeout(_)
            | CallError::Fault(_)
            | CallError::Decode(_)),
        ) => {
            session.note(format_args!("no contract of {service}: {error}"));
            Ok(None)
        }
        Err(error) => Err(failed(&error, service)),
    }
}

/// What the servers say of all their services. A service that no server describes is left out.
///
/// # Errors
/// When the broker cannot be reached.
pub(crate) async fn all(session: &Session) -> Result<Vec<ServiceDescription>, Failure> {
    let mut names: Vec<_> = instances(session)
        .await?
        .into_iter()
        .flat_map(|instance| instance.services)
        .map(|of| of.name)
        .collect();
    names.sort();
    names.dedup();
    let mut described = Vec::new();
    for name in names {
        described.extend(describe(&name, session).await?);
    }
    Ok(described)
}

/// A time for people, such as `1.5 ms` or `2 h`.
pub(crate) fn rounded(time: Duration) -> String {
    match time.as_secs() {
        0 if time.as_micros() < 1000 => format!("{} µs", time.as_micros()),
        0 => format!("{:.1} ms", time.as_secs_f64() * 1000.0),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86400),
    }
}

/// A time for programs.
pub(crate) fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap_or(u64::MAX)
}

async fn reflection(session: &Session) -> Result<Reflection, Failure> {
    let mut reflection = session.client().await?.reflection();
    if let Some(exchange) = &session.global.exchange {
        reflection = reflection.exchange(exchange);
    }
    // Who waits less for a call waits no longer for its contract.
    Ok(reflection.limit(session.timeout().min(Duration::from_secs(2))))
}

fn failed(error: &CallError<NoError>, name: &str) -> Failure {
    call_error::failure_of(error, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded() {
        let rounded = |micros| rounded(Duration::from_micros(micros));
        assert_eq!(rounded(900), "900 µs");
        assert_eq!(rounded(1_500), "1.5 ms");
        assert_eq!(rounded(119_000_000), "119 s");
        assert_eq!(rounded(120_000_000), "2 min");
        assert_eq!(rounded(7_200_000_000), "2 h");
        assert_eq!(rounded(172_800_000_000), "2 d");
    }
}
