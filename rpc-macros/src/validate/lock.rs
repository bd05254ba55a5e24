//! Validates the lock of a method. Changes when a rule for locks does.

use syn::{Ident, LitInt, LitStr, Member, ext::IdentExt};

use super::address;
use crate::{
    attrs::MethodKeys,
    diagnostics::{ErrorKind, Errors},
    model::{Input, Kind, Lock, LockScope, LockedValue, Method},
    names,
};

/// The partitions of a service that says no other number; the runtime's `LockDef::DEFAULT_PARTITIONS`.
const DEFAULT_PARTITIONS: u16 = 16;
/// The most partitions of a service. Each is a queue.
const MAX_PARTITIONS: u16 = 256;

/// The lock of a method, if it has one. Without `inputs`, which are reported already, the parameter is not
/// checked.
pub(super) fn lock(
    method: &Ident,
    full_name: &str,
    kind: Kind,
    keys: &MethodKeys,
    inputs: Option<&[Input]>,
    errors: &mut Errors,
) -> Option<Lock> {
    let Some(lock) = &keys.lock else {
        report_without_lock(method, keys, errors);
        return None;
    };
    let scope = scope(method, kind, keys, errors);
    let given_name = keys.lock_name.as_ref().and_then(|text| address::name("lock_name", text, errors));
    let value = match &lock.value {
        None => None,
        Some(path) => Some(locked_value(path, inputs, errors)?),
    };
    // The whole method is a lock of its own: its full name is no path of a parameter.
    let default_name = || value.as_ref().map_or_else(|| full_name.to_owned(), LockedValue::name);
    Some(Lock { name: given_name.unwrap_or_else(default_name), scope, value })
}

/// The number of partitions of the service.
pub(super) fn partitions(given: Option<&LitInt>, errors: &mut Errors) -> u16 {
    let Some(given) = given else { return DEFAULT_PARTITIONS };
    let number = given.base10_parse().ok().filter(|number| (1..=MAX_PARTITIONS).contains(number));
    number.unwrap_or_else(|| {
        errors.at(given, ErrorKind::Partitions { limit: MAX_PARTITIONS.into() });
        DEFAULT_PARTITIONS
    })
}

/// Reports partitions that no method of the service uses.
pub(super) fn report_needless_partitions(given: Option<&LitInt>, methods: &[Method], errors: &mut Errors) {
    let Some(given) = given else { return };
    let is_in_cluster = |lock: &Lock| lock.scope == LockScope::Cluster;
    if !methods.iter().filter_map(|method| method.lock.as_ref()).any(is_in_cluster) {
        errors.at(given, ErrorKind::NeedlessPartitions);
    }
}

fn report_without_lock(method: &Ident, keys: &MethodKeys, errors: &mut Errors) {
    let given = [("lock_scope", &keys.lock_scope), ("lock_name", &keys.lock_name)];
    for (key, text) in given {
        if let Some(text) = text {
            errors.at(text, ErrorKind::NoLock { key, method: names::unraw(method) });
        }
    }
}

fn scope(method: &Ident, kind: Kind, keys: &MethodKeys, errors: &mut Errors) -> LockScope {
    let Some(text) = &keys.lock_scope else { return LockScope::Process };
    match text.value().as_str() {
        "process" => LockScope::Process,
        "cluster" if kind == Kind::Event => {
            errors.at(text, ErrorKind::EventInCluster { method: names::unraw(method) });
            LockScope::Process
        }
        "cluster" => LockScope::Cluster,
        other => {
            errors.at(text, ErrorKind::LockScopeName { scope: other.to_owned() });
            LockScope::Process
        }
    }
}

/// The value that `path` names: a parameter, or a field of one.
fn locked_value(path: &LitStr, inputs: Option<&[Input]>, errors: &mut Errors) -> Option<LockedValue> {
    let text = address::name("lock", path, errors)?;
    let mut members = text.split('.').map(member).collect::<Option<Vec<_>>>().unwrap_or_default().into_iter();
    let Some(Member::Named(parameter)) = members.next() else {
        errors.at(path, ErrorKind::LockPath { lock: text });
        return None;
    };
    let inputs = inputs?;
    let is_named = |ident: &Ident| ident.unraw() == parameter.unraw();
    for input in inputs {
        match input {
            Input::Parameter(sent) if is_named(&sent.ident) => {
                let (parameter, fields) = (sent.ident.clone(), members.collect());
                return Some(LockedValue { parameter, fields, at: path.span() });
            }
            Input::Context(context) if is_named(&context.ident) => {
                let parameter = names::unraw(&context.ident);
                errors.at(path, ErrorKind::LockOnContext { parameter });
                return None;
            }
            Input::Parameter(_) | Input::Context(_) => {}
        }
    }
    let known = inputs.iter().filter_map(Input::as_parameter);
    let known: Vec<_> = known.map(|known| format!("`{}`", names::unraw(&known.ident))).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    errors.at(path, ErrorKind::LockParameter { parameter: names::unraw(&parameter), known });
    None
}

/// A part of a path: the name of a parameter or a field, which may be a keyword, or the number of a field.
fn member(text: &str) -> Option<Member> {
    let raw = || syn::parse_str(&format!("r#{text}"));
    syn::parse_str::<Member>(text).or_else(|_| raw()).ok()
}
