//! A service of any type: one allocation per call, and layers need no generics.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use super::RpcService;
use crate::{
    contract::Service,
    message::{Fault, IncomingCall, Reply},
};

/// A service whose type is forgotten; clones share it.
#[derive(Clone)]
pub struct BoxService(Arc<dyn ErasedService>);

impl BoxService {
    /// Forgets the type of `service`.
    pub fn new(service: impl RpcService) -> Self {
        Self(Arc::new(service))
    }

    /// The methods of `service`, which its layers are wrapped around.
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

/// Not an [`RpcService`]: what it dispatches to is boxed already, and once is enough.
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
