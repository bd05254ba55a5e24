//! Limits the number of calls of a method that run at once.

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

/// Limits the number of calls of a method that run at once. Others wait in order of arrival.
///
/// Use it for a method with a scarce resource, such as a connection of a small pool. A call that waits here
/// was delivered already: no other server can take it, and it counts for the
/// [`concurrency`](crate::Server::concurrency) of its queue. A method with a separate queue is better limited
/// by the concurrency of that queue.
///
/// A call whose caller's timeout is over while it waits does not run: the fault is `expired`. The time that a
/// one-way message waits does not count for [`handler_timeout`](crate::Server::handler_timeout). If that is
/// set, other messages may overtake it.
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
    /// Limits every method to `calls`, each method separately.
    ///
    /// # Panics
    /// With zero calls, because no call would ever run.
    #[must_use]
    #[track_caller]
    pub fn per_method(calls: usize) -> Self {
        assert!(calls > 0, "a concurrency limit of zero calls per method: none would ever run");
        Self { default: Some(calls), by_method: HashMap::new() }
    }

    /// Limits only the methods that are added with [`of`](Self::of).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits one method, `{service}.{method}`, to `calls`.
    ///
    /// # Panics
    /// With zero calls, because no call would ever run. Use [`Authorize`](crate::layers::Authorize) to forbid
    /// calls.
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
        // The server wraps each of its services separately, and each service has other methods.
        ConcurrencyLimitService { limits: self.clone(), slots: Arc::default(), next }
    }
}

/// The service of [`ConcurrencyLimit`].
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
            // A bounded wait leaves the method nearly all of its time when the server retries the call.
            _ if !call.context().has_caller() && max_wait::time_left().is_some() => {
                match tokio::time::timeout(max_wait::max_wait(), acquiring).await {
                    Ok(slot) => slot,
                    Err(_) => {
                        return Err(Fault::new(FaultCode::Overloaded, "the method is at its limit of calls"));
                    }
                }
            }
            None => acquiring.await,
            Some(deadline) => match tokio::time::timeout_at(deadline.into(), acquiring).await {
                Ok(slot) => slot,
                Err(_) => {
                    let message = "the caller's timeout was over while the call waited for others";
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
