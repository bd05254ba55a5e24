//! The lock of one method, and how the keys of its requests are read.

use std::sync::Arc;

use super::{
    locks::Locks,
    place::{Lock, Place},
};
use crate::{
    contract::{LockedMethod, MethodDef},
    layer::caught,
    message::{Fault, IncomingCall},
};

/// The lock of one method. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct MethodLock {
    lock: Arc<Lock>,
    method: LockedMethod,
}

impl MethodLock {
    /// The lock of `method`, if its contract declares one. `locked`: the methods whose keys its service can read.
    ///
    /// # Errors
    /// The service cannot read the key.
    pub(crate) fn of(
        method: &MethodDef,
        locked: &[LockedMethod],
        locks: &Locks,
    ) -> Result<Option<Self>, String> {
        let Some(definition) = method.lock else { return Ok(None) };
        let found = locked.iter().find(|locked| locked.method.full_name == method.full_name);
        let Some(&locked) = found else {
            return Err(format!(
                "`{}` has a lock, and its service does not say how a request is locked; implement \
                 `Service::locked_methods`, as the generated server does",
                method.full_name
            ));
        };
        Ok(Some(Self { lock: locks.of(method.service, definition.name), method: locked }))
    }

    /// How many keys of these locks are held, of those that `counts` is true for. Methods may share a lock.
    pub(crate) fn keys_held<'l>(
        locks: impl Iterator<Item = &'l Self>,
        counts: impl Fn(&str) -> bool,
    ) -> usize {
        let mut counted: Vec<&Arc<Lock>> = Vec::new();
        for Self { lock, .. } in locks {
            if !counted.iter().any(|other| Arc::ptr_eq(other, lock)) {
                counted.push(lock);
            }
        }
        counted.iter().map(|lock| lock.held(&counts)).sum()
    }

    /// The place of a request that arrives now.
    pub(crate) fn arrive(&self) -> Place {
        Place::arrive(&self.lock)
    }

    /// Whether keys are parts of requests, which must be decoded for that.
    pub(crate) fn decodes(&self) -> bool {
        self.method.read_key.is_some()
    }

    /// The key of a request whose body is not compressed.
    ///
    /// # Errors
    /// The fault to reply with; it is the one without a lock. The method must not run.
    pub(crate) fn key(&self, call: &IncomingCall, exposes_panics: bool) -> Result<String, Fault> {
        match self.method.read_key {
            None => Ok(String::new()),
            Some(read) => caught(exposes_panics, || read(call)),
        }
    }
}
