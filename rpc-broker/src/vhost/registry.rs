//! The virtual hosts of a broker, by name.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Mailbox;

/// The mailboxes of all virtual hosts of a broker, by name.
#[derive(Debug, Default)]
pub(crate) struct VhostRegistry(Mutex<HashMap<String, Mailbox>>);

impl VhostRegistry {
    pub(crate) fn get(&self, name: &str) -> Option<Mailbox> {
        self.lock().get(name).cloned()
    }

    pub(crate) fn insert(&self, name: &str, mailbox: Mailbox) {
        self.lock().insert(name.to_owned(), mailbox);
    }

    pub(crate) fn remove(&self, name: &str) -> Option<Mailbox> {
        self.lock().remove(name)
    }

    pub(crate) fn all(&self) -> Vec<Mailbox> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Mailbox>> {
        // A map is whole after each of the operations above, even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
