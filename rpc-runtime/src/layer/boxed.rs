//! A service of any type, with one allocation per call, so that layers need no generics.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use super::RpcService;
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
        Self(Arc::new(service))
    }

    /// The innermost service, around which the layers are wrapped: the methods of `service`.
    pub(crate) fn innermost(service: impl Service) -> Self {
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
