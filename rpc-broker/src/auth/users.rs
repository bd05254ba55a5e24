//! The registry of users and their permissions.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use super::Permissions;

/// The users of a broker. Sessions cache permissions and read them again when the version has changed.
#[derive(Debug, Default)]
pub(crate) struct Users(RwLock<Registry>);

#[derive(Default)]
struct Registry {
    passwords: HashMap<String, String>,
    /// By user and virtual host.
    permissions: HashMap<(String, String), Arc<Permissions>>,
    version: u64,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut users: Vec<_> = self.passwords.keys().collect();
        users.sort();
        f.debug_struct("Registry").field("users", &users).finish_non_exhaustive()
    }
}

impl Users {
    /// Adds a user without permissions, or changes a password.
    pub(crate) fn add_user(&self, user: &str, password: &str) {
        self.write().passwords.insert(user.to_owned(), password.to_owned());
    }

    /// Removes a user with all permissions.
    pub(crate) fn remove_user(&self, user: &str) {
        let mut registry = self.write();
        registry.passwords.remove(user);
        registry.permissions.retain(|(name, _), _| name != user);
    }

    /// Removes all permissions in a virtual host.
    pub(crate) fn remove_vhost(&self, vhost: &str) {
        self.write().permissions.retain(|(_, name), _| name != vhost);
    }

    /// Replaces the permissions of a user in a virtual host.
    pub(crate) fn set_permissions(&self, user: &str, vhost: &str, permissions: Permissions) {
        self.write().permissions.insert((user.to_owned(), vhost.to_owned()), Arc::new(permissions));
    }

    pub(crate) fn authenticate(&self, user: &str, password: &str) -> bool {
        self.read().passwords.get(user).is_some_and(|right| right == password)
    }

    /// Returns the permissions of a user in a virtual host; `None` for no access at all.
    pub(crate) fn permissions(&self, user: &str, vhost: &str) -> Option<Arc<Permissions>> {
        self.read().permissions.get(&(user.to_owned(), vhost.to_owned())).cloned()
    }

    /// Returns a number that is different after each change.
    pub(crate) fn version(&self) -> u64 {
        self.read().version
    }

    // The maps are whole even after a panic elsewhere: each change is one call to one of them.
    fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        let mut registry = self.0.write().unwrap_or_else(PoisonError::into_inner);
        registry.version += 1;
        registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_user_can_neither_log_in_nor_do_anything() {
        let users = Users::default();
        users.add_user("ada", "secret");
        users.set_permissions("ada", "/", Permissions::all());
        assert!(users.authenticate("ada", "secret") && !users.authenticate("ada", "other"));
        assert!(users.permissions("ada", "/").is_some());
        let before = users.version();
        users.remove_user("ada");
        assert!(!users.authenticate("ada", "secret"));
        assert!(users.permissions("ada", "/").is_none());
        assert_ne!(users.version(), before);
    }

    #[test]
    fn passwords_are_never_shown() {
        let users = Users::default();
        users.add_user("ada", "secret");
        let shown = format!("{users:?}");
        assert!(shown.contains("ada") && !shown.contains("secret"), "{shown}");
    }
}
