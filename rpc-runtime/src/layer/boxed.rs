//! A service of any type, with one allocation per call, so that layers need no generics.

use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
};

use super::{RpcService, panic_text::panic_text};
use crate::{
    contract::Service,
    message::{Fault, IncomingCall, Reply},
};

/// A type-erased [`RpcService`]. Clones share it.
#[derive(Clone)]
pub struct BoxService(Arc<dyn ErasedService>);

impl BoxService {
    /// Erases the type of `service`.
    pub fn new(service: impl RpcService) -> Self {
        Self(Arc::new(Droppable(Some(service))))
    }

    /// The innermost service, around which the layers are wrapped: the methods of `service`.
    pub(crate) fn innermost(service: impl Service) -> Self {
        Self(Arc::new(Droppable(Some(Innermost(service)))))
    }

    /// The same for a service of a test: its panic when it is dropped is not caught.
    pub(crate) fn unguarded(service: impl Service) -> Self {
        Self(Arc::new(Innermost(service)))
    }
}

impl RpcService for BoxService {
    fn call(&self, call: IncomingCall) -> impl Future<Output = Result<Reply, Fault>> + Send {
        self.0.call_boxed(call)
    }
}

impl fmt::Debug for BoxService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxService")
    }
}

type CallFuture<'a> = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send + 'a>>;

trait ErasedService: Send + Sync {
    fn call_boxed(&self, call: IncomingCall) -> CallFuture<'_>;
}

/// Catches the panic of a service or a layer that is dropped. It is dropped in the tasks of the server,
/// whichever lets go of it last: their panic would look like the loss of the connection.
struct Droppable<S>(Option<S>);

impl<S: ErasedService> ErasedService for Droppable<S> {
    fn call_boxed(&self, call: IncomingCall) -> CallFuture<'_> {
        let Some(service) = &self.0 else { unreachable!("it is taken when this is dropped") };
        service.call_boxed(call)
    }
}

impl<S> Drop for Droppable<S> {
    fn drop(&mut self) {
        let service = self.0.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(service))) {
            tracing::error!(
                target: "amqp_rpc_runtime::failures",
                service = std::any::type_name::<S>(),
                detail = panic_text(&*panic),
                "a service or a layer panicked when it was dropped"
            );
        }
    }
}

/// Not an [`RpcService`], because its future is boxed already and is not to be boxed twice.
struct Innermost<S>(S);

impl<S: Service> ErasedService for Innermost<S> {
    fn call_boxed(&self, call: IncomingCall) -> CallFuture<'_> {
        self.0.dispatch(call)
    }
}

impl<S: RpcService> ErasedService for S {
    fn call_boxed(&self, call: IncomingCall) -> CallFuture<'_> {
        Box::pin(self.call(call))
    }
}
