//! A running server as others see it: an instance of its services.

use std::{
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use amqp_rpc_transport::{TopologyError, chain};
use bytes::Bytes;
use uuid::Uuid;

use super::reflected::ReflectedService;
use crate::{
    message::Fault,
    wire::reflection::{InstanceBody, ServiceBody, StatsBody},
};

/// The name of a server, and what it serves now. One for all connections.
#[derive(Debug)]
pub(crate) struct Instance {
    id: String,
    version: Option<String>,
    /// The name of its connections, which the first of them tells.
    app: OnceLock<String>,
    started_at: Instant,
    services: RwLock<Arc<[ReflectedService]>>,
    /// The broker does not let it be asked together with all others, and that was logged.
    is_refused: AtomicBool,
    /// The same on the present connection, which does not try again: a refusal costs a channel.
    is_refused_here: AtomicBool,
}

impl Instance {
    /// A server that serves nothing yet. `version`: that of the program.
    pub(crate) fn new(version: Option<String>) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            version,
            app: OnceLock::new(),
            started_at: Instant::now(),
            services: RwLock::new(Arc::new([])),
            is_refused: AtomicBool::new(false),
            is_refused_here: AtomicBool::new(false),
        }
    }

    /// Says the name of its connections.
    pub(crate) fn name(&self, app: impl FnOnce() -> String) {
        self.app.get_or_init(app);
    }

    /// Tells of these services from now on.
    pub(crate) fn show(&self, services: Vec<ReflectedService>) {
        *self.services.write().unwrap_or_else(PoisonError::into_inner) = services.into();
    }

    /// A new connection may try what the one before was refused.
    pub(crate) fn is_connected_anew(&self) {
        self.is_refused_here.store(false, Ordering::Relaxed);
    }

    /// Whether the broker has refused the queue by which all servers are asked on this connection.
    pub(crate) fn is_refused_here(&self) -> bool {
        self.is_refused_here.load(Ordering::Relaxed)
    }

    /// Logs that there is no queue by which all servers are asked. Once: it is tried on each connection.
    pub(crate) fn log_refused(&self, refused: &TopologyError) {
        self.is_refused_here.store(true, Ordering::Relaxed);
        if !self.is_refused.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                queue = refused.name,
                error = %chain(&refused.source),
                "the broker refuses the queue of reflection, or did not declare it in time: on this connection the \
                 server is not listed, and serves all the same; docs/reflection.md has the permissions, and `Server::reflection(false)` declares no such queue"
            );
        }
    }

    /// With this service alone, or with all of them if it is empty. `None` for one that it does not serve.
    pub(super) fn body(&self, service: &str) -> Option<InstanceBody> {
        let all = self.services();
        let shown = || all.iter().filter(|served| service.is_empty() || served.name == service);
        if !service.is_empty() && shown().next().is_none() {
            return None;
        }
        Some(self.body_with(shown().flat_map(ReflectedService::bodies).collect()))
    }

    fn body_with(&self, services: Vec<ServiceBody>) -> InstanceBody {
        InstanceBody {
            id: self.id.clone(),
            app: self.app.get().cloned(),
            version: self.version.clone(),
            library: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_ms: self.uptime_ms(),
            services,
        }
    }

    /// `None` for a service that it does not serve.
    pub(super) fn stats(&self, service: &str) -> Option<StatsBody> {
        let methods = self.services().iter().find(|served| served.name == service)?.stats();
        Some(StatsBody { id: self.id.clone(), uptime_ms: self.uptime_ms(), methods })
    }

    /// `None` for a service that it does not serve.
    pub(super) fn description(&self, service: &str) -> Option<Result<Bytes, Fault>> {
        self.services().iter().find(|served| served.name == service).map(ReflectedService::description)
    }

    fn services(&self) -> Arc<[ReflectedService]> {
        Arc::clone(&self.services.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn uptime_ms(&self) -> u64 {
        u64::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
