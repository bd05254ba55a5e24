//! Which services are watched, and which queues they have.

use std::collections::{BTreeMap, BTreeSet};

use crate::{contract, exit::Exit, failure::Failure, session::Session};

/// A service, and the queues of its requests as they are called on the broker.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) queues: BTreeSet<String>,
}

/// The services with these names. Without names those of the contract's file; without one those that answer, unless
/// other queues are watched.
///
/// # Errors
/// When the contract cannot be read, the broker cannot be reached, or no server answers.
pub(super) async fn find(
    names: &[String],
    has_others: bool,
    session: &Session,
) -> Result<Vec<Service>, Failure> {
    let known = of_contract(session).await?;
    if !names.is_empty() {
        let prefix = prefix(session).await?;
        // Without a contract the queue is called like its service.
        let plain =
            |name: &String| Service { name: name.clone(), queues: [format!("{prefix}{name}")].into() };
        let named = |name: &String| known.iter().flatten().find(|service| service.name == *name).cloned();
        return Ok(names.iter().map(|name| named(name).unwrap_or_else(|| plain(name))).collect());
    }
    match known {
        Some(known) => Ok(known),
        None if has_others => Ok(Vec::new()),
        None => that_answer(session).await,
    }
}

async fn of_contract(session: &Session) -> Result<Option<Vec<Service>>, Failure> {
    let Some(services) = contract::of_file(session).await? else { return Ok(None) };
    let prefix = prefix(session).await?;
    let of_contract = services.into_iter().map(|service| {
        let queues = service.methods.into_iter().filter_map(|method| method.queue);
        let queues = queues.map(|queue| format!("{prefix}{queue}")).collect();
        Service { name: service.service, queues }
    });
    Ok(Some(of_contract.collect()))
}

async fn that_answer(session: &Session) -> Result<Vec<Service>, Failure> {
    let mut queues: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for instance in contract::from_broker::instances(session).await? {
        for service in instance.services {
            queues.entry(service.name).or_default().insert(service.queue);
        }
    }
    if queues.is_empty() {
        return Err(Failure::new(Exit::Unroutable, "no server answers")
            .advice("name a service, or a queue with --queue"));
    }
    Ok(queues.into_iter().map(|(name, queues)| Service { name, queues }).collect())
}

async fn prefix(session: &Session) -> Result<String, Failure> {
    let namespace = session.namespace().await?;
    Ok(namespace.map(|namespace| format!("{namespace}.")).unwrap_or_default())
}
