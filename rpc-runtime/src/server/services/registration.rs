//! A service as it is handed to a server.

use std::sync::Arc;

use amqp_rpc_contract::description::ServiceDescription;

use crate::{
    contract::{LockedMethod, Service, ServiceDef},
    dialect::ServerDialect,
    layer::BoxService,
    server::config::{ServiceOptions, Subscription},
};

/// A service that is to be served, without the server's layers around it yet.
pub(crate) struct Registration {
    pub(crate) definition: &'static ServiceDef,
    pub(crate) service: BoxService,
    /// Those of its methods that have locks.
    pub(crate) locked: Vec<LockedMethod>,
    pub(crate) role: Role,
    /// Describes it, if its trait asks for that.
    pub(crate) describe: Option<fn() -> ServiceDescription>,
}

impl Registration {
    pub(crate) fn new<S: Service>(service: S, role: Role) -> Self {
        let (definition, locked) = (service.definition(), service.locked_methods());
        let service = BoxService::innermost(service);
        Self { definition, service, locked, role, describe: S::DESCRIBE }
    }
}

/// The server's use of a service.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// Serves its calls and notifications.
    Serve(ServiceOptions),
    /// Serves them to the peers of another framework.
    ServeIn(Arc<dyn ServerDialect>),
    /// Receives its events.
    Receive(Subscription),
}

/// Identifies a registration. A service that is removed and added again has another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceId(pub(crate) u32);
