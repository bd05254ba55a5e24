//! The names that servers have told, kept for the completion in shells. Nothing else reads them.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use amqp_rpc::{description::ServiceDescription, reflection::Instance};
use serde::{Deserialize, Serialize};

use crate::session::Session;

/// Services with their methods, of one broker.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) services: BTreeMap<String, BTreeSet<String>>,
}

/// Keeps the names of services.
pub(super) async fn remember_services(session: &Session, instances: &[Instance]) {
    let names = instances.iter().flat_map(|instance| &instance.services);
    let names: BTreeSet<&str> = names.map(|service| service.name.as_str()).collect();
    change(session, |known| {
        // Those that are gone are forgotten.
        known.services.retain(|name, _| names.contains(name.as_str()));
        for name in names {
            known.services.entry(name.to_owned()).or_default();
        }
    })
    .await;
}

/// Keeps the names of a service's methods.
pub(super) async fn remember(session: &Session, service: &ServiceDescription) {
    let methods = service.methods.iter().map(|method| method.full_name.clone()).collect();
    change(session, |known| drop(known.services.insert(service.service.clone(), methods))).await;
}

/// What is known of a broker.
pub(super) fn load(place: &str) -> Known {
    let text = file(place).and_then(|path| fs::read_to_string(path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A cache that cannot be written is none.
async fn change(session: &Session, change: impl FnOnce(&mut Known)) {
    if session.global.example {
        return;
    }
    let Ok(place) = session.place().await else { return };
    let place = place.without_password();
    let (Some(path), mut known) = (file(&place), load(&place)) else { return };
    change(&mut known);
    let Ok(text) = serde_json::to_string(&known) else { return };
    if path.parent().is_some_and(|folder| fs::create_dir_all(folder).is_ok())
        && let Err(error) = fs::write(&path, text)
    {
        session.note(format_args!("{}: {error}", path.display()));
    }
}

/// `$XDG_CACHE_HOME/amqp-rpc/`, by default below `~/.cache`, and a file for each broker.
fn file(place: &str) -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    let name: String =
        place.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).take(200).collect();
    Some(folder.join("amqp-rpc").join(format!("{name}.json")))
}
