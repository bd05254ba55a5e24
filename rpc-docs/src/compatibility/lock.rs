//! Locks. That of a process is the server's own; one in a cluster says where requests go.

use amqp_rpc_contract::description::{LockDescription, LockScope, MethodDescription};
use serde_json::Value;

use super::{Rule, change::Change};
use crate::asyncapi::partitions;

pub(super) fn compare(old: &MethodDescription, new: &MethodDescription) -> Option<Change> {
    let (from, to) = (partitions(old), partitions(new));
    if from != to {
        let said =
            |partitions: Option<u16>| partitions.map_or_else(|| "no".to_owned(), |number| number.to_string());
        let change = format!("its lock has {} partitions, and had {}", said(to), said(from));
        return Some(Change::of(Rule::PartitionsChanged, "lock", change).breaks_both(
            "requests go to other queues, and servers of both versions do not exclude each other: stop all servers, \
             then start the new ones",
        ));
    }
    if let (Some(from), Some(to)) = (in_cluster(old), in_cluster(new)) {
        return cluster(from, to);
    }
    if old.lock == new.lock {
        return None;
    }
    if [old, new]
        .iter()
        .filter_map(|method| method.lock.as_ref())
        .any(|lock| lock.scope == LockScope::Unknown)
    {
        let change = "its lock changed, and has a scope that is not known";
        let why = "requests may go elsewhere";
        return Some(Change::of(Rule::ClusterLockChanged, "lock", change).breaks_both(why));
    }
    Some(Change::of(Rule::LockChanged, "lock", "its lock changed, which is the server's own"))
}

fn in_cluster(method: &MethodDescription) -> Option<&LockDescription> {
    method.lock.as_ref().filter(|lock| lock.scope == LockScope::Cluster)
}

/// Two locks with the same number of partitions.
fn cluster(from: &LockDescription, to: &LockDescription) -> Option<Change> {
    let change = if from.name != to.name {
        format!("its lock is `{}`, and was `{}`", to.name, from.name)
    } else {
        // One that says no key may be of a library that did not describe it.
        let (from, to) = (key(from)?, key(to)?);
        (from != to).then(|| format!("the key of its lock is {to}, and was {from}"))?
    };
    Some(Change::of(Rule::ClusterLockChanged, "lock", change).breaks_both(
        "requests of one key go to other partitions, and servers of both versions do not exclude each other: stop all \
         servers, then start the new ones",
    ))
}

/// The path of the parameter that is the key, if the description has it.
fn key(lock: &LockDescription) -> Option<Value> {
    let key = serde_json::to_value(lock).ok()?.get("key")?.clone();
    (!key.is_null()).then_some(key)
}
