//! Limits the rate of calls.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tower_layer::Layer;

use super::max_wait;
use crate::{
    layer::{BoxService, RpcService},
    message::{Context, Fault, FaultCode, IncomingCall, Reply},
};

/// Limits the number of calls per period. It refuses others at once: the fault is `overloaded` (Never).
///
/// After a pause, all calls of a period may come at once. Then they are allowed one after the other, evenly
/// over the period. Each server counts separately: two servers allow twice as many calls.
///
/// Notifications and events are not refused, because no caller would receive the fault. They wait, count for
/// the concurrency of their queue, and are requeued when the server stops.
///
/// ```
/// use std::time::Duration;
///
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Server, layers::RateLimit};
///
/// let server = Server::new().layer(RateLimit::new(100, Duration::from_secs(1)).per_caller());
/// # let _ = server;
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit {
    interval: Duration,
    period: Duration,
    counts: Counts,
    /// By key: the time at which the last call would be due if calls came evenly.
    due: Arc<Mutex<HashMap<String, Instant>>>,
}

/// The calls that share one limit.
#[derive(Clone, Copy, Debug)]
enum Counts {
    Everything,
    Methods,
    Callers,
}

impl RateLimit {
    /// Allows `calls` in each `period`, for all methods together. With zero calls no call runs, and one-way
    /// messages wait until the server stops.
    #[must_use]
    pub fn new(calls: u32, period: Duration) -> Self {
        let interval = period.checked_div(calls).unwrap_or(Duration::MAX);
        Self { interval, period, counts: Counts::Everything, due: Arc::default() }
    }

    /// Applies the limit to each method separately.
    #[must_use]
    pub fn per_method(mut self) -> Self {
        self.counts = Counts::Methods;
        self
    }

    /// Applies the limit to each user of the broker separately. Clients that do not send their user
    /// ([`ClientBuilder::send_user_id`](crate::client::ClientBuilder::send_user_id)) share one limit.
    #[must_use]
    pub fn per_caller(mut self) -> Self {
        self.counts = Counts::Callers;
        self
    }

    /// Counts a call, if it is within the limit.
    ///
    /// # Errors
    /// The time until the next call is allowed, if no other comes first.
    fn admit(&self, context: &Context, now: Instant) -> Result<(), Duration> {
        let key = match self.counts {
            Counts::Everything => "",
            Counts::Methods => context.method().full_name,
            Counts::Callers => context.user_id().unwrap_or_default(),
        };
        // No code panics while it holds the lock.
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let last = due.get(key).copied().filter(|due| *due > now).unwrap_or(now);
        let next = last.checked_add(self.interval).ok_or(Duration::MAX)?;
        let ahead = next.saturating_duration_since(now);
        if ahead > self.period {
            return Err(ahead - self.period);
        }
        if !due.contains_key(key) && due.len() >= MAX_KEYS {
            due.retain(|_, due| *due > now);
        }
        due.insert(key.to_owned(), next);
        Ok(())
    }

    /// Waits until the call is within the limit; `false` if it is refused.
    async fn admit_in_time(&self, context: &Context) -> bool {
        // A minimum, because many calls may wait for the same moment. Calls that become free meanwhile are
        // not lost.
        const MIN_PAUSE: Duration = Duration::from_millis(10);
        let (start, mut admitted) = (Instant::now(), self.admit(context, Instant::now()));
        let max_wait =
            if context.has_caller() || admitted.is_ok() { Duration::ZERO } else { max_wait::max_wait() };
        while let Err(wait) = admitted {
            let pause = wait.max(MIN_PAUSE.min(self.period));
            if pause > max_wait.saturating_sub(start.elapsed()) {
                return false;
            }
            tokio::time::sleep(pause).await;
            admitted = self.admit(context, Instant::now());
        }
        true
    }
}

/// From this number on, keys whose whole limit is free again are removed. The broker verifies users, so peers
/// cannot create keys.
const MAX_KEYS: usize = 1024;

impl Layer<BoxService> for RateLimit {
    type Service = RateLimitService;

    fn layer(&self, next: BoxService) -> RateLimitService {
        RateLimitService { limit: self.clone(), next }
    }
}

/// The service of [`RateLimit`].
#[derive(Clone, Debug)]
pub struct RateLimitService {
    limit: RateLimit,
    next: BoxService,
}

impl RpcService for RateLimitService {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        if !self.limit.admit_in_time(call.context()).await {
            return Err(Fault::new(FaultCode::Overloaded, "too many calls in too short a time"));
        }
        self.next.call(call).await
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_contract::{Headers, private::ContextParts};

    use super::*;
    use crate::contract::MethodDef;

    fn context(method: &'static MethodDef, user: Option<&str>) -> Context {
        Context::from(ContextParts {
            method,
            exchange: Default::default(),
            routing_key: Default::default(),
            redelivered: false,
            deadline: None,
            has_caller: true,
            headers: Headers::new(),
            content_type: None,
            user_id: user.map(Into::into),
            app_id: None,
            message_id: None,
            correlation_id: None,
            priority: None,
            fencing_token: None,
        })
    }

    const ADD: &MethodDef = &MethodDef::new("math", "math.add");
    const SUB: &MethodDef = &MethodDef::new("math", "math.sub");

    #[test]
    fn a_burst_passes_and_then_one_call_per_interval() {
        let limit = RateLimit::new(4, Duration::from_secs(2));
        let (add, start) = (context(ADD, None), Instant::now());
        let passed = |at: u64| {
            let now = start + Duration::from_millis(at);
            (0..10).filter(|_| limit.admit(&add, now).is_ok()).count()
        };
        assert_eq!([0, 499, 500, 1000, 1100].map(passed), [4, 0, 1, 1, 0]);
        assert_eq!(passed(10_000), 4, "after a pause there is no more than the burst");
    }

    #[test]
    fn the_limit_applies_to_all_calls_to_each_method_or_to_each_caller() {
        let now = Instant::now();
        let calls = [context(ADD, Some("ada")), context(SUB, Some("ada")), context(SUB, None)];
        let passed = |limit: RateLimit| calls.each_ref().map(|call| limit.admit(call, now).is_ok());
        let limit = || RateLimit::new(1, Duration::from_secs(1));
        assert_eq!(passed(limit()), [true, false, false]);
        assert_eq!(passed(limit().per_method()), [true, true, false]);
        assert_eq!(passed(limit().per_caller()), [true, false, true]);
        assert_eq!(passed(RateLimit::new(0, Duration::from_secs(1))), [false; 3]);
    }

    #[test]
    fn callers_whose_whole_limit_is_free_again_are_removed() {
        let limit = RateLimit::new(1, Duration::from_millis(1)).per_caller();
        let start = Instant::now();
        for number in 0..10 * MAX_KEYS {
            let caller = context(ADD, Some(&number.to_string()));
            assert!(limit.admit(&caller, start + Duration::from_millis(2 * number as u64)).is_ok());
        }
        assert!(limit.due.lock().unwrap().len() <= MAX_KEYS);
    }
}
