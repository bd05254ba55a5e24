//! Letting calls of one method wait for each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Semaphore;
use tower_layer::Layer;

use super::max_wait;
use crate::{
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Reply},
};

/// Runs at most so many calls of a method at once; others wait, in the order in which they came.
///
/// For a method that others must not suffer from, such as one that needs a connection of a small pool. A call that waits here was taken from the
/// broker: no other server can have it, and it counts as one of the [`concurrency`](crate::Server::concurrency) of its queue, so that a method
/// with a queue of its own waits better there. A call whose caller's time is over while it waits is answered `expired`, and does not run.
/// What a notification or an event waits here is not taken from the time that [`handler_timeout`](crate::Server::handler_timeout) leaves its
/// method; where that is set, others may overtake it.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, layers::ConcurrencyLimit};
///
/// let server = Server::new().layer(ConcurrencyLimit::per_method(8).of("reports.render", 1));
/// # let _ = server;
/// ```
#[derive(Clone, Debug, Default)]
pub struct ConcurrencyLimit {
    default: Option<usize>,
    by_method: HashMap<String, usize>,
}

impl ConcurrencyLimit {
    /// Limits every method for itself.
    ///
    /// # Panics
    /// With zero calls: none would ever run, and each would wait for as long as its caller does, or for ever.
    #[must_use]
    #[track_caller]
    pub fn per_method(calls: usize) -> Self {
        assert!(calls > 0, "a concurrency limit of zero calls per method: none would ever run");
        Self { default: Some(calls), by_method: HashMap::new() }
    }

    /// Limits no method but those that are named by [`of`](Self::of).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits this method, `{service}.{method}`.
    ///
    /// # Panics
    /// With zero calls, as [`per_method`](Self::per_method). What must not be called is refused, such as by
    /// [`Authorize`](crate::layers::Authorize).
    #[must_use]
    #[track_caller]
    pub fn of(mut self, method: impl Into<String>, calls: usize) -> Self {
        let method = method.into();
        assert!(calls > 0, "a concurrency limit of zero calls for `{method}`: it would never run");
        self.by_method.insert(method, calls);
        self
    }
}

impl Layer<BoxService> for ConcurrencyLimit {
    type Service = ConcurrencyLimitService;

    fn layer(&self, next: BoxService) -> ConcurrencyLimitService {
        // The server wraps each of its services for itself, and each has its own methods.
        ConcurrencyLimitService { limits: self.clone(), slots: Arc::default(), next }
    }
}

/// The service made by [`ConcurrencyLimit`].
#[derive(Clone, Debug)]
pub struct ConcurrencyLimitService {
    limits: ConcurrencyLimit,
    slots: Arc<Mutex<HashMap<&'static str, Arc<Semaphore>>>>,
    next: BoxService,
}

impl ConcurrencyLimitService {
    fn slots(&self, method: &'static str) -> Option<Arc<Semaphore>> {
        let limit = self.limits.by_method.get(method).copied().or(self.limits.default)?;
        // No code panics while it holds the lock.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)));
        Some(Arc::clone(slots.entry(method).or_insert_with(new)))
    }
}

impl RpcService for ConcurrencyLimitService {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        let Some(slots) = self.slots(call.method().full_name) else { return self.next.call(call).await };
        let acquiring = slots.acquire();
        let slot = match call.context().deadline() {
            // Its method has nearly all of its time when it is tried again.
            _ if !call.context().has_caller() && max_wait::time_left().is_some() => {
                match tokio::time::timeout(max_wait::max_wait(), acquiring).await {
                    Ok(slot) => slot,
                    Err(_) => return Err(Fault::new(FaultCode::Overloaded, "the method has too much to do")),
                }
            }
            None => acquiring.await,
            Some(deadline) => match tokio::time::timeout_at(deadline.into(), acquiring).await {
                Ok(slot) => slot,
                Err(_) => {
                    let message = "the caller's time was over while the call waited for others";
                    return Err(Fault::new(FaultCode::Expired, message));
                }
            },
        };
        let _slot = slot.expect("the semaphore is never closed");
        self.next.call(call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "zero calls for `reports.render`")]
    fn a_limit_of_zero_for_one_method_is_refused() {
        let _ = ConcurrencyLimit::per_method(8).of("reports.render", 0);
    }

    #[test]
    #[should_panic(expected = "zero calls per method")]
    fn a_limit_of_zero_for_every_method_is_refused() {
        let _ = ConcurrencyLimit::per_method(0);
    }
}
