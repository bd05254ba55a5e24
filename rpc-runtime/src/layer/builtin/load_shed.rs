//! Refuses calls at once while too many run.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use tower_layer::Layer;

use super::max_wait;
use crate::{
    layer::{BoxService, RpcService},
    message::{Context, Fault, FaultCode, IncomingCall, Reply},
};

/// Refuses calls at once while the limit of running calls is reached: the fault is `overloaded` (Never).
///
/// Requests that wait on the broker do not count. [`Server::concurrency`](crate::Server::concurrency) bounds
/// the calls that are delivered, so the limit has an effect only if it is below the concurrency of all queues
/// together. [`QueueOptions::max_length`](crate::server::QueueOptions::max_length) bounds the requests that
/// wait. The time that a request waited in its queue is not known: the broker does not report it, and clocks
/// are not compared.
///
/// Notifications and events are not refused, because no caller would receive the fault. They wait, count for
/// the concurrency of their queue, and are requeued when the server stops.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, layers::LoadShed};
///
/// let server = Server::new().concurrency(256).layer(LoadShed::above(200));
/// # let _ = server;
/// ```
#[derive(Clone, Debug)]
pub struct LoadShed(Arc<Semaphore>);

impl LoadShed {
    /// Allows `calls` to run at once, for all services together. With zero calls no call runs, and one-way
    /// messages wait until the server stops.
    #[must_use]
    pub fn above(calls: usize) -> Self {
        Self(Arc::new(Semaphore::new(calls.min(Semaphore::MAX_PERMITS))))
    }
}

impl Layer<BoxService> for LoadShed {
    type Service = LoadShedService;

    fn layer(&self, next: BoxService) -> LoadShedService {
        LoadShedService { slots: Arc::clone(&self.0), next }
    }
}

/// The service of [`LoadShed`].
#[derive(Clone, Debug)]
pub struct LoadShedService {
    slots: Arc<Semaphore>,
    next: BoxService,
}

impl LoadShedService {
    async fn slot(&self, context: &Context) -> Option<SemaphorePermit<'_>> {
        match self.slots.try_acquire() {
            Ok(slot) => Some(slot),
            Err(_) if context.has_caller() => None,
            Err(_) => tokio::time::timeout(max_wait::max_wait(), self.slots.acquire()).await.ok()?.ok(),
        }
    }
}

impl RpcService for LoadShedService {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        let Some(_slot) = self.slot(call.context()).await else {
            return Err(Fault::new(FaultCode::Overloaded, "the server is at its limit of calls"));
        };
        self.next.call(call).await
    }
}
