//! The locks that several servers of a process may share.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Notify, futures::Notified};

use super::place::Lock;

/// The locks of methods that are marked `#[rpc(lock = "..")]`. Clones share them.
///
/// Every server has its own, so that two servers of one process do not exclude each other. They do where both are
/// given the same ones by [`Server::locks`](crate::Server::locks). A lock is identified by the name of its service
/// and its own name, and its holder by the key; the namespace and the broker of a server do not count.
///
/// Keys are kept while a call holds their lock or waits for it, and no longer.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, server::Locks};
///
/// let locks = Locks::new();
/// let (first, second) = (Server::new().locks(&locks), Server::new().locks(&locks));
/// # let _ = (first, second);
/// ```
#[derive(Clone, Default)]
pub struct Locks(Arc<Shared>);

#[derive(Default)]
struct Shared {
    by_name: Mutex<ByName>,
    /// Told when a call gives up its place, and with it perhaps its lock.
    released: Arc<Notify>,
}

/// By the names of services and of their locks.
type ByName = HashMap<(&'static str, &'static str), Arc<Lock>>;

impl Locks {
    /// Locks that no server uses yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The keys whose locks are held now.
    #[must_use]
    pub fn held(&self) -> usize {
        let by_name = self.0.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let locks: Vec<_> = by_name.values().cloned().collect();
        drop(by_name);
        locks.iter().map(|lock| lock.held(|_| true)).sum()
    }

    /// The lock that the methods of `service` share by its name. There is one for each name in a contract, for as
    /// long as these locks live.
    pub(super) fn of(&self, service: &'static str, name: &'static str) -> Arc<Lock> {
        let mut locks = self.0.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry((service, name)).or_insert_with(|| Arc::new(Lock::new(&self.0.released))))
    }

    /// Waits until a call of any lock gives up its place.
    pub(crate) fn released(&self) -> Notified<'_> {
        self.0.released.notified()
    }
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locks").field("held", &self.held()).finish_non_exhaustive()
    }
}
