//! Refusing at once what is more than a server can do.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use tower_layer::Layer;

use super::max_wait;
use crate::{
    layer::{BoxService, RpcService},
    message::{Context, Fault, FaultCode, IncomingCall, Reply},
};

/// Refuses calls while as many run behind it as it allows: `overloaded`, Never, at once.
///
/// What waits on the broker is not counted, and cannot be: [`Server::concurrency`](crate::Server::concurrency) bounds what is taken from there, and
/// [`QueueOptions::max_length`](crate::QueueOptions::max_length) what may wait. So the limit has an effect where it is below the concurrency
/// of all queues together. Notifications and events are not refused, for nobody would hear of it: they wait for their turn, each in one of
/// the places that its queue's concurrency allows, and are given back when the server stops. How long a request has waited is not known
/// either: the broker does not tell, and clocks are never compared.
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
    /// Lets `calls` run at once, for all services together. With zero calls none runs, and what has no caller is held for ever.
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

/// The service made by [`LoadShed`].
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
            return Err(Fault::new(FaultCode::Overloaded, "the server has too much to do"));
        };
        self.next.call(call).await
    }
}
