//! The service that sends calls, notifications and events: the trait that layers implement and wrap.

use std::{fmt, future::Future, sync::Arc};

use super::delivery::{deliver::ReplyFuture, outgoing_call::OutgoingCall};
use crate::{contract::NoError, error::CallError, message::Reply};

/// Sends calls: a client, or a layer around it.
pub trait ClientService: Send + Sync + 'static {
    /// Makes one call. The method's own error is a [`Reply`]; every other reason for no result is an error.
    ///
    /// The future is dropped with the caller's. A message that was published stays published.
    fn call(&self, call: OutgoingCall) -> impl Future<Output = Result<Reply, CallError<NoError>>> + Send;
}

/// A boxed [`ClientService`]; clones share it.
#[derive(Clone)]
pub struct BoxClientService(Arc<dyn ErasedService>);

impl BoxClientService {
    /// Boxes `service`.
    pub fn new(service: impl ClientService) -> Self {
        Self(Arc::new(service))
    }

    /// The same for a service that boxes its futures itself.
    pub(super) fn erased(service: impl ErasedService + 'static) -> Self {
        Self(Arc::new(service))
    }

    pub(super) fn call_boxed(&self, call: OutgoingCall) -> ReplyFuture {
        Arc::clone(&self.0).call_boxed(call)
    }
}

impl ClientService for BoxClientService {
    fn call(&self, call: OutgoingCall) -> impl Future<Output = Result<Reply, CallError<NoError>>> + Send {
        self.call_boxed(call)
    }
}

impl fmt::Debug for BoxClientService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxClientService")
    }
}

/// [`ClientService`] as a trait object.
pub(super) trait ErasedService: Send + Sync {
    /// The future owns the service it calls: a call outlives every handle of its client.
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> ReplyFuture;
}

impl<S: ClientService> ErasedService for S {
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> ReplyFuture {
        Box::pin(async move { self.call(call).await })
    }
}
