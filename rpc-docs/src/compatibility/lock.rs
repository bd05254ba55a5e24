//! Locks. That of a process is the server's own; one in a cluster says where requests go.

use amqp_rpc_contract::description::{LockDescription, LockScope, MethodDescription};

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
        // The only parameter of a bare method is the body, whatever it is called.
        let is_bare = old.bare && new.bare;
        return cluster((from, key(from, is_bare)), (to, key(to, is_bare)));
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

/// Two locks with the same number of partitions, each with its key.
fn cluster(
    (from, from_key): (&LockDescription, Option<&str>),
    (to, to_key): (&LockDescription, Option<&str>),
) -> Option<Change> {
    let said =
        |key: Option<&str>| key.map_or_else(|| "that of all requests".to_owned(), |key| format!("`{key}`"));
    let change = if from.name != to.name {
        format!("its lock is `{}`, and was `{}`", to.name, from.name)
    } else if from_key != to_key {
        format!("the key of its lock is {}, and was {}", said(to_key), said(from_key))
    } else {
        return None;
    };
    Some(Change::of(Rule::ClusterLockChanged, "lock", change).breaks_both(
        "requests of one key go to other partitions, and servers of both versions do not exclude each other: stop all \
         servers, then start the new ones",
    ))
}

/// Where the key stands in a request; of a bare one, where it stands in the body.
fn key(lock: &LockDescription, is_bare: bool) -> Option<&str> {
    let key = lock.key.as_deref()?;
    Some(if is_bare { key.split_once('.').map_or("", |(_, fields)| fields) } else { key })
}
