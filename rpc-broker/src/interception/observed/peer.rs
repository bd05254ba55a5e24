//! The client of a connection, as far as its handshake has identified it.

use std::sync::{Arc, OnceLock};

/// The client of a connection. The handshake fills in its name, user and virtual host one after the other.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    pub(crate) id: u64,
    pub(crate) name: OnceLock<Arc<str>>,
    pub(crate) user: OnceLock<Arc<str>>,
    pub(crate) vhost: OnceLock<Arc<str>>,
}

impl Peer {
    pub(crate) fn new(id: u64) -> Arc<Self> {
        Arc::new(Self { id, ..Self::default() })
    }
}
