//! A service that is served in a dialect, from queues of its own.

use std::sync::{Arc, OnceLock, atomic::AtomicBool};

use amqp_rpc_transport::Topology;

use super::{
    queue_plan::{QueueKind, QueuePlan},
    registration::ServiceId,
    routes::{RoutedService, Routes},
    served_dialect::ServedDialect,
};
use crate::{
    contract::{LockedMethod, ServiceDef},
    dialect::{ServerDialect, ServiceTopology, Unsupported, caught},
    error::StartError,
    layer::BoxService,
    message::cluster_lock,
    server::{
        config::{Declare, ServiceSettings},
        topology::{QueueDeclaration, request_methods},
    },
};

/// A service with its dialect, and the queues that it is served from.
#[derive(Clone, Debug)]
pub(crate) struct DialectService {
    pub(crate) id: ServiceId,
    pub(crate) definition: &'static ServiceDef,
    service: BoxService,
    locked: Arc<[LockedMethod]>,
    served: Arc<ServedDialect>,
    pub(crate) topology: ServiceTopology,
}

impl DialectService {
    /// # Errors
    /// When the service has no calls, or the dialect cannot say what it needs.
    pub(crate) fn new(
        id: ServiceId,
        definition: &'static ServiceDef,
        (service, locked): (BoxService, Arc<[LockedMethod]>),
        dialect: Arc<dyn ServerDialect>,
    ) -> Result<Self, StartError> {
        let unsupported = |why: &dyn std::fmt::Display| {
            let (dialect, service) = (dialect.name(), definition.name);
            StartError::InvalidOption(format!("the dialect `{dialect}` cannot serve `{service}`: {why}"))
        };
        if request_methods(definition).next().is_none() {
            return Err(StartError::OnlyEvents { service: definition.name });
        }
        if let Some(method) = request_methods(definition).find(|method| cluster_lock(method).is_some()) {
            let method = method.full_name;
            return Err(unsupported(&format_args!(
                "the lock of `{method}` is that of a cluster, for which clients choose among its queues; peers do not"
            )));
        }
        let topology =
            caught(|| dialect.topology(definition)).unwrap_or_else(|| Err(Unsupported::panicked()));
        let topology = topology.map_err(|why| unsupported(&why))?;
        if topology.queues.is_empty() {
            return Err(unsupported(&"its topology has no queue to consume"));
        }
        let is_declared = |name: &str| topology.topology.queues.iter().any(|queue| queue.name == name);
        if let Some(missing) = topology.queues.iter().find(|queue| !is_declared(queue)) {
            return Err(unsupported(&format_args!("its topology lacks the queue `{missing}`")));
        }
        let codecs = dialect.codecs();
        let exchanges = topology.topology.exchanges.iter().map(|exchange| exchange.name.clone()).collect();
        let refused_exchange = OnceLock::new();
        let served = Arc::new(ServedDialect { dialect, definition, codecs, exchanges, refused_exchange });
        Ok(Self { id, definition, service, locked, served, topology })
    }

    /// The keys of its queues.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &str> {
        self.topology.queues.iter().map(String::as_str)
    }

    /// The plan of one of its queues.
    pub(crate) fn plan_queue(
        &self,
        queue: &str,
        settings: &ServiceSettings,
    ) -> Result<QueuePlan, StartError> {
        let Self { id, definition, service, locked, .. } = self;
        let routed = RoutedService { id: *id, definition, service, locked, counters: None };
        let routes = Routes::by_name(&routed, &settings.locks)?;
        let mut needed = self.topology.part_of(queue);
        if settings.declare != Declare::All {
            // Other programs declare them: the user may not be allowed to look up more than the queue.
            needed.queues.retain(|declared| declared.name == queue);
            needed = Topology { queues: needed.queues, ..Topology::default() };
        }
        Ok(QueuePlan {
            key: queue.to_owned(),
            kind: QueueKind::Requests,
            max_parked: routes.have_locks().then_some(settings.max_parked),
            routes,
            concurrency: settings.concurrency,
            overflow_of: None,
            partition: None,
            dead_letters: None,
            declaration: QueueDeclaration::new(queue.to_owned(), settings.declare, needed),
            dialect: Some(Arc::clone(&self.served)),
            consume_denied: AtomicBool::default(),
        })
    }
}
