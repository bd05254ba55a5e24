//! What all connections of a broker share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    auth::Users, faults::Faults, ids::ConnectionId, memory::Memory, settings::Settings, vhost::Mailbox,
};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) users: Users,
    pub(crate) memory: Arc<Memory>,
    pub(crate) faults: Arc<Faults>,
    vhosts: Mutex<HashMap<String, Mailbox>>,
    last_connection: AtomicU64,
}

impl Shared {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            memory: Memory::new(settings.memory_limit, settings.max_message_size),
            faults: Arc::default(),
            users: Users::default(),
            vhosts: Mutex::default(),
            last_connection: AtomicU64::new(0),
            settings,
        }
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.last_connection.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The way to a vhost's task.
    pub(crate) fn vhost(&self, name: &str) -> Option<Mailbox> {
        self.lock().get(name).cloned()
    }

    pub(crate) fn insert_vhost(&self, name: &str, mailbox: Mailbox) {
        self.lock().insert(name.to_owned(), mailbox);
    }

    pub(crate) fn remove_vhost(&self, name: &str) -> Option<Mailbox> {
        self.lock().remove(name)
    }

    pub(crate) fn vhosts(&self) -> Vec<Mailbox> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Mailbox>> {
        // A map is whole after each of the operations above, whatever panicked elsewhere.
        self.vhosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
