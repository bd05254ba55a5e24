//! Cancels methods after a time limit, which each method may have for itself.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tower_layer::Layer;

use crate::{
    layer::{BoxService, RpcService},
    message::{Fault, FaultCode, IncomingCall, Inherited, Reply},
};

/// Cancels methods after a time limit per method: the fault is `deadline_exceeded` (Unknown).
///
/// [`Server::handler_timeout`](crate::Server::handler_timeout) sets one limit for all methods. Calls that the
/// method makes inherit the limit. The method sees it as its [deadline](crate::Context::deadline), if that is
/// not earlier. A `blocking` method cannot be cancelled: its caller gets the fault, and the method runs on.
///
/// ```
/// use std::time::Duration;
///
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, layers::Timeout};
///
/// let server = Server::new()
///     .layer(Timeout::after(Duration::from_secs(5)).of("reports.render", Duration::from_secs(300)));
/// # let _ = server;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Timeout {
    default: Option<Duration>,
    by_method: HashMap<String, Duration>,
}

impl Timeout {
    /// Limits every method to this time.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self { default: Some(limit), by_method: HashMap::new() }
    }

    /// Limits only the methods that are added with [`of`](Self::of).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits one method, `{service}.{method}`, to this time.
    #[must_use]
    pub fn of(mut self, method: impl Into<String>, limit: Duration) -> Self {
        self.by_method.insert(method.into(), limit);
        self
    }
}

impl Layer<BoxService> for Timeout {
    type Service = TimeoutService;

    fn layer(&self, next: BoxService) -> TimeoutService {
        TimeoutService { limits: self.clone(), next }
    }
}

/// The service of [`Timeout`].
#[derive(Clone, Debug)]
pub struct TimeoutService {
    limits: Timeout,
    next: BoxService,
}

impl RpcService for TimeoutService {
    async fn call(&self, mut call: IncomingCall) -> Result<Reply, Fault> {
        let limit = self.limits.by_method.get(call.method().full_name).copied().or(self.limits.default);
        // A limit beyond the range of the clock is none.
        let Some((limit, end)) = limit.and_then(|limit| Some((limit, Instant::now().checked_add(limit)?)))
        else {
            return self.next.call(call).await;
        };
        let earlier = call.context.deadline().filter(|deadline| *deadline <= end);
        call.context.parts_mut().deadline = Some(earlier.unwrap_or(end));
        let inherited = Inherited::current().until(end);
        let running = inherited.scope(self.next.call(call));
        tokio::time::timeout_at(end.into(), running).await.unwrap_or_else(|_| {
            let message = format!("the method was cancelled after {limit:?}, its limit on this server");
            Err(Fault::new(FaultCode::DeadlineExceeded, message))
        })
    }
}
