//! Whether a user may do what was asked.

use std::sync::Arc;

use crate::{
    auth::Permissions,
    ids::ChannelRef,
    refusal::{Code, Refusal},
    vhost::{Vhost, names::Resource},
};

/// What kind of thing is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Configure,
    Write,
    Read,
}

/// A session's permissions, as of a version of the registry.
#[derive(Debug, Default)]
pub(super) struct Granted {
    version: Option<u64>,
    permissions: Option<Arc<Permissions>>,
}

impl Vhost {
    pub(super) fn queue_resource<'a>(&'a self, name: &'a str) -> Resource<'a> {
        Resource { kind: "queue", name, vhost: &self.name }
    }

    pub(super) fn exchange_resource<'a>(&'a self, name: &'a str) -> Resource<'a> {
        Resource { kind: "exchange", name, vhost: &self.name }
    }

    pub(super) fn check_queue(&mut self, at: ChannelRef, access: Access, name: &str) -> Result<(), Refusal> {
        self.check(at, access, "queue", name, name)
    }

    pub(super) fn check_exchange(
        &mut self,
        at: ChannelRef,
        access: Access,
        name: &str,
    ) -> Result<(), Refusal> {
        // Patterns and sentences know the default exchange by this name.
        let checked = if name.is_empty() { "amq.default" } else { name };
        self.check(at, access, "exchange", name, checked)
    }

    fn check(
        &mut self,
        at: ChannelRef,
        access: Access,
        kind: &'static str,
        name: &str,
        checked: &str,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(&at.connection).expect("requests come from sessions");
        let granted = &mut session.granted;
        let version = self.shared.users.version();
        if granted.version != Some(version) {
            granted.permissions = self.shared.users.permissions(&session.user, &self.name);
            granted.version = Some(version);
        }
        let allowed = granted.permissions.as_ref().is_some_and(|permissions| match access {
            Access::Configure => permissions.may_configure(checked),
            Access::Write => permissions.may_write(checked),
            Access::Read => permissions.may_read(checked),
        });
        if allowed {
            return Ok(());
        }
        let resource =
            Resource { kind, name: if name.is_empty() { checked } else { name }, vhost: &self.name };
        let text = format!("access to {resource} refused for user '{}'", session.user);
        Err(Refusal::new(Code::AccessRefused, text))
    }
}
