//! Checks the permissions of users.

use super::{VhostState, names::Resource};
use crate::{
    ids::ChannelRef,
    protocol::{ProtocolError, ReplyCode},
};

/// The kind of access to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vhost) enum Access {
    Configure,
    Write,
    Read,
}

impl VhostState {
    pub(in crate::vhost) fn queue_resource<'a>(&'a self, name: &'a str) -> Resource<'a> {
        Resource { kind: "queue", name, vhost: &self.name }
    }

    pub(in crate::vhost) fn exchange_resource<'a>(&'a self, name: &'a str) -> Resource<'a> {
        Resource { kind: "exchange", name, vhost: &self.name }
    }

    pub(in crate::vhost) fn check_queue(
        &mut self,
        at: ChannelRef,
        access: Access,
        name: &str,
    ) -> Result<(), ProtocolError> {
        self.check(at, access, "queue", name, name)
    }

    pub(in crate::vhost) fn check_exchange(
        &mut self,
        at: ChannelRef,
        access: Access,
        name: &str,
    ) -> Result<(), ProtocolError> {
        // Patterns and reply texts call the default exchange by this name.
        let checked = if name.is_empty() { self.like().default_exchange() } else { name };
        self.check(at, access, "exchange", name, checked)
    }

    /// Checks a passive declaration, for which any permission on the name is enough where one is needed.
    pub(in crate::vhost) fn check_passive(
        &mut self,
        at: ChannelRef,
        kind: &'static str,
        name: &str,
    ) -> Result<(), ProtocolError> {
        if !self.like().passive_declare_needs_permission() {
            return Ok(());
        }
        let configure = self.check(at, Access::Configure, kind, name, name);
        configure.or_else(|refusal| {
            let others = [Access::Write, Access::Read];
            let is_allowed = others.iter().any(|access| self.check(at, *access, kind, name, name).is_ok());
            if is_allowed { Ok(()) } else { Err(refusal) }
        })
    }

    fn check(
        &mut self,
        at: ChannelRef,
        access: Access,
        kind: &'static str,
        name: &str,
        checked: &str,
    ) -> Result<(), ProtocolError> {
        let session = self.sessions.get_mut(&at.connection).expect("requests come from sessions");
        let cached = &mut session.permissions;
        let version = self.shared.users.version();
        if cached.version != Some(version) {
            cached.permissions = self.shared.users.permissions(&session.user, &self.name);
            cached.version = Some(version);
        }
        let allowed = cached.permissions.as_ref().is_some_and(|permissions| match access {
            Access::Configure => permissions.may_configure(checked),
            Access::Write => permissions.may_write(checked),
            Access::Read => permissions.may_read(checked),
        });
        if allowed {
            return Ok(());
        }
        let resource =
            Resource { kind, name: if name.is_empty() { checked } else { name }, vhost: &self.name };
        let permission = match access {
            _ if !self.shared.settings.like.names_refused_permission() => "",
            Access::Configure => "configure ",
            Access::Write => "write ",
            Access::Read => "read ",
        };
        let text = format!("{permission}access to {resource} refused for user '{}'", session.user);
        Err(ProtocolError::new(ReplyCode::AccessRefused, text))
    }
}
