//! A service as it is handed to a server.

use crate::{
    contract::{Service, ServiceDef},
    layer::BoxService,
    server::config::{ServiceOptions, Subscription},
};

/// A service that is to be served, without the server's layers around it yet.
pub(crate) struct Registration {
    pub(crate) definition: &'static ServiceDef,
    pub(crate) service: BoxService,
    pub(crate) role: Role,
}

impl Registration {
    pub(crate) fn new<S: Service>(service: S, role: Role) -> Self {
        Self { definition: service.definition(), service: BoxService::innermost(service), role }
    }
}

/// The server's use of a service.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// Serves its calls and notifications.
    Serve(ServiceOptions),
    /// Receives its events.
    Receive(Subscription),
}

/// Identifies a registration. A service that is removed and added again has another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceId(pub(crate) u32);
