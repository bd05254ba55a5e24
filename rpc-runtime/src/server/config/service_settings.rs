//! The settings that all services of a server and their queues share.

use std::{fmt, sync::Arc};

use amqp_rpc_transport::TopologyError;

use super::queue_options::{Declare, QueueOptions};
use crate::{
    idempotency::Deduplication, layer::BoxService, lock::Locks, server::reflection::Instance,
    wire::namespace::Namespace,
};

/// The settings from which services become queues and routes.
#[derive(Debug)]
pub(crate) struct ServiceSettings {
    pub(crate) namespace: Namespace,
    pub(crate) layers: ServerLayers,
    /// The options of queues whose service sets none.
    pub(crate) queue_options: QueueOptions,
    pub(crate) declare: Declare,
    /// What runs deduplicated methods, if the server has a store.
    pub(crate) deduplication: Option<Arc<Deduplication>>,
    /// The calls of one queue that run at once.
    pub(crate) concurrency: u16,
    /// The calls of one queue that wait for locks.
    pub(crate) max_parked: u16,
    pub(crate) locks: Locks,
    /// What the server tells of itself; `None` if it tells nothing.
    pub(crate) reflection: Option<Arc<Instance>>,
}

impl ServiceSettings {
    /// Logs once that the broker refuses the queue by which every server is asked.
    pub(crate) fn log_refused_reflection(&self, refused: &TopologyError) {
        if let Some(instance) = &self.reflection {
            instance.log_refused(refused);
        }
    }
}

/// The layers around every call of every service.
#[derive(Default)]
pub(crate) struct ServerLayers(pub(crate) Vec<Box<dyn Fn(BoxService) -> BoxService + Send + Sync>>);

impl ServerLayers {
    /// Wraps `service` in the layers. The first layer is the outermost: it is applied last.
    pub(crate) fn wrap(&self, service: BoxService) -> BoxService {
        self.0.iter().rev().fold(service, |service, layer| layer(service))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ServerLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}
