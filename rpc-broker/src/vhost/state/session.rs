//! The state that a virtual host keeps for a connection.

use std::{collections::HashMap, sync::Arc};

use super::channel::Channel;
use crate::{
    auth::Permissions,
    protocol::{Capabilities, OutgoingQueue},
};

/// A connection that has finished its handshake.
pub(crate) struct NewSession {
    pub(crate) outgoing: Arc<OutgoingQueue>,
    pub(crate) user: Arc<str>,
    /// The client property `connection_name`; empty without one.
    pub(crate) name: Arc<str>,
    pub(crate) capabilities: Capabilities,
    pub(crate) channel_max: u16,
}

/// A connection to a virtual host.
#[derive(Debug)]
pub(in crate::vhost) struct Session {
    pub(in crate::vhost) outgoing: Arc<OutgoingQueue>,
    pub(in crate::vhost) user: Arc<str>,
    pub(in crate::vhost) name: Arc<str>,
    pub(in crate::vhost) capabilities: Capabilities,
    pub(in crate::vhost) channel_max: u16,
    pub(in crate::vhost) channels: HashMap<u16, Channel>,
    /// Either side has sent `connection.close`. Only its confirmation is handled now.
    pub(in crate::vhost) closing: bool,
    pub(in crate::vhost) permissions: CachedPermissions,
}

/// The permissions of a session's user, as of a version of the registry.
#[derive(Debug, Default)]
pub(in crate::vhost) struct CachedPermissions {
    pub(in crate::vhost) version: Option<u64>,
    pub(in crate::vhost) permissions: Option<Arc<Permissions>>,
}

impl Session {
    pub(in crate::vhost) fn new(new: NewSession) -> Self {
        let NewSession { outgoing, user, name, capabilities, channel_max } = new;
        Self {
            outgoing,
            user,
            name,
            capabilities,
            channel_max,
            channels: HashMap::new(),
            closing: false,
            permissions: CachedPermissions::default(),
        }
    }
}
