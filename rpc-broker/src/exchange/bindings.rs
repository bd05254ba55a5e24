//! The bindings of an exchange, by destination, so that those of a deleted queue are found without a search.

use std::collections::BTreeMap;

use amq_protocol::types::{FieldTable, ShortString};

use super::Destination;

/// The bindings. A destination and key may be bound several times, with different arguments.
#[derive(Debug, Default)]
pub(super) struct Bindings(BTreeMap<Destination, BTreeMap<ShortString, Vec<FieldTable>>>);

impl Bindings {
    /// Adds a binding. Returns `None` when it exists, else whether it is the first with this destination and
    /// key.
    pub(super) fn add(
        &mut self,
        destination: &Destination,
        key: &ShortString,
        arguments: FieldTable,
    ) -> Option<bool> {
        let same = self.0.entry(destination.clone()).or_default().entry(key.clone()).or_default();
        if same.contains(&arguments) {
            return None;
        }
        same.push(arguments);
        Some(same.len() == 1)
    }

    /// Removes a binding. Returns `None` when it does not exist, else whether it was the last with this
    /// destination and key.
    pub(super) fn remove(
        &mut self,
        destination: &Destination,
        key: &ShortString,
        arguments: &FieldTable,
    ) -> Option<bool> {
        let keys = self.0.get_mut(destination)?;
        let same = keys.get_mut(key)?;
        let index = same.iter().position(|own| own == arguments)?;
        same.remove(index);
        if !same.is_empty() {
            return Some(false);
        }
        keys.remove(key);
        if keys.is_empty() {
            self.0.remove(destination);
        }
        Some(true)
    }

    /// Removes all bindings to a destination; returns their keys.
    pub(super) fn remove_destination(&mut self, destination: &Destination) -> Vec<ShortString> {
        self.0.remove(destination).map(|keys| keys.into_keys().collect()).unwrap_or_default()
    }

    pub(super) fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.0.keys()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Destination, &ShortString, &FieldTable)> {
        self.0.iter().flat_map(|(destination, keys)| {
            keys.iter()
                .flat_map(move |(key, same)| same.iter().map(move |arguments| (destination, key, arguments)))
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
