//! Completes the names of services and methods in a shell: of the contract that the command line names, else of what
//! the broker's servers have told last.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsStr,
    path::Path,
};

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::cache;
use crate::connection::{BrokerUrl, contexts::Contexts};

/// Completes the name of a service.
pub(crate) fn services() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, known().into_keys()))
}

/// Completes the full name of a method.
pub(crate) fn methods() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, known().into_values().flatten()))
}

/// Completes the name of a service or of a method.
pub(crate) fn both() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let names = known().into_iter().flat_map(|(service, methods)| methods.into_iter().chain([service]));
        candidates(current, names)
    })
}

fn candidates(current: &OsStr, names: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let mut names: Vec<_> = names.filter(|name| name.starts_with(&*current)).collect();
    names.sort();
    names.into_iter().map(CompletionCandidate::new).collect()
}

type Names = BTreeMap<String, BTreeSet<String>>;

/// Services with their methods. A shell waits for it, so no broker is asked.
fn known() -> Names {
    let arguments: Vec<_> = env::args().collect();
    let option = |name: &str| {
        let value = |position: usize| match arguments[position].strip_prefix(name)? {
            "" => arguments.get(position + 1).cloned(),
            value => value.strip_prefix('=').map(str::to_owned),
        };
        (0..arguments.len()).find_map(value)
    };
    if let Some(path) = option("--contract") {
        let services = super::read(Path::new(&path)).unwrap_or_default().into_iter();
        return services
            .map(|service| {
                (service.service, service.methods.into_iter().map(|method| method.full_name).collect())
            })
            .collect();
    }
    cache::load(&place(option("--url"), option("--context")).unwrap_or_default()).services
}

/// The broker as [`choose`](crate::connection::choose) would have it, without a password.
fn place(url: Option<String>, context: Option<String>) -> Option<String> {
    let shown = |url: &str| BrokerUrl::new(url).without_password();
    if let Some(url) = url {
        return Some(shown(&url));
    }
    let contexts = Contexts::load().ok()?;
    match context.as_ref().or(contexts.selected()) {
        Some(name) => contexts.get(name).ok().map(|context| shown(&context.url)),
        None => env::var("AMQP_URL").ok().map(|url| shown(&url)),
    }
}
