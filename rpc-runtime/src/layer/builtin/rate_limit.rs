//! Refusing what comes too fast.

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

/// Lets so many calls pass in a period and refuses others at once: `overloaded`, Never.
///
/// After a pause all of them may come together; then they become free one after the other, evenly over the period. What it counts it counts
/// for itself: two servers let twice as many pass. Notifications and events are not refused, for nobody would hear of it: they wait for their
/// turn, each in one of the places that its queue's concurrency allows, and are given back when the server stops.
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
    /// By what is counted: when the last call of each would be due if they came evenly.
    due: Arc<Mutex<HashMap<String, Instant>>>,
}

/// What shares one limit.
#[derive(Clone, Copy, Debug)]
enum Counts {
    Everything,
    Methods,
    Callers,
}

impl RateLimit {
    /// Lets `calls` pass in each `period`, of all methods together. With zero calls none passes, and what
    /// has no caller is held for ever.
    #[must_use]
    pub fn new(calls: u32, period: Duration) -> Self {
        let interval = period.checked_div(calls).unwrap_or(Duration::MAX);
        Self { interval, period, counts: Counts::Everything, due: Arc::default() }
    }

    /// Gives every method the limit for itself.
    #[must_use]
    pub fn per_method(mut self) -> Self {
        self.counts = Counts::Methods;
        self
    }

    /// Gives every user of the broker the limit for himself; all who do not state theirs
    /// ([`ClientBuilder::send_user_id`](crate::ClientBuilder::send_user_id)) share one.
    #[must_use]
    pub fn per_caller(mut self) -> Self {
        self.counts = Counts::Callers;
        self
    }

    /// # Errors
    /// How long it will be until one passes, if nothing else does.
    fn let_pass(&self, context: &Context, now: Instant) -> Result<(), Duration> {
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
        if !due.contains_key(key) && due.len() >= MOST_KEYS {
            due.retain(|_, due| *due > now);
        }
        due.insert(key.to_owned(), next);
        Ok(())
    }

    async fn lets_pass(&self, context: &Context) -> bool {
        // Many may wait for the same moment; what becomes free meanwhile is not lost.
        const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
        let (start, mut turn) = (Instant::now(), self.let_pass(context, Instant::now()));
        let patience =
            if context.has_caller() || turn.is_ok() { Duration::ZERO } else { max_wait::max_wait() };
        while let Err(wait) = turn {
            let pause = wait.max(SHORTEST_PAUSE.min(self.period));
            if pause > patience.saturating_sub(start.elapsed()) {
                return false;
            }
            tokio::time::sleep(pause).await;
            turn = self.let_pass(context, Instant::now());
        }
        true
    }
}

/// From here on those are forgotten that have their whole limit again. The broker vouches for users: nobody makes up more.
const MOST_KEYS: usize = 1024;

impl Layer<BoxService> for RateLimit {
    type Service = RateLimitService;

    fn layer(&self, next: BoxService) -> RateLimitService {
        RateLimitService { limit: self.clone(), next }
    }
}

/// The service made by [`RateLimit`].
#[derive(Clone, Debug)]
pub struct RateLimitService {
    limit: RateLimit,
    next: BoxService,
}

impl RpcService for RateLimitService {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        if !self.limit.lets_pass(call.context()).await {
            return Err(Fault::new(FaultCode::Overloaded, "too many calls in too short a time"));
        }
        self.next.call(call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::MethodDef;
    use amqp_rpc_transport::Headers;

    fn context(method: &'static MethodDef, user: Option<&str>) -> Context {
        Context {
            method,
            exchange: String::new(),
            routing_key: String::new(),
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
        }
    }

    const ADD: &MethodDef = &MethodDef::new("math", "math.add");
    const SUB: &MethodDef = &MethodDef::new("math", "math.sub");

    #[test]
    fn a_burst_passes_and_then_one_call_per_interval() {
        let limit = RateLimit::new(4, Duration::from_secs(2));
        let (add, start) = (context(ADD, None), Instant::now());
        let passed = |at: u64| {
            let now = start + Duration::from_millis(at);
            (0..10).filter(|_| limit.let_pass(&add, now).is_ok()).count()
        };
        assert_eq!([0, 499, 500, 1000, 1100].map(passed), [4, 0, 1, 1, 0]);
        assert_eq!(passed(10_000), 4, "after a pause there is no more than the burst");
    }

    #[test]
    fn methods_and_callers_have_their_own_limits_where_it_says_so() {
        let now = Instant::now();
        let calls = [context(ADD, Some("ada")), context(SUB, Some("ada")), context(SUB, None)];
        let passed = |limit: RateLimit| calls.each_ref().map(|call| limit.let_pass(call, now).is_ok());
        let limit = || RateLimit::new(1, Duration::from_secs(1));
        assert_eq!(passed(limit()), [true, false, false]);
        assert_eq!(passed(limit().per_method()), [true, true, false]);
        assert_eq!(passed(limit().per_caller()), [true, false, true]);
        assert_eq!(passed(RateLimit::new(0, Duration::from_secs(1))), [false; 3]);
    }

    #[test]
    fn callers_that_have_their_whole_limit_again_are_forgotten() {
        let limit = RateLimit::new(1, Duration::from_millis(1)).per_caller();
        let start = Instant::now();
        for number in 0..10 * MOST_KEYS {
            let caller = context(ADD, Some(&number.to_string()));
            assert!(limit.let_pass(&caller, start + Duration::from_millis(2 * number as u64)).is_ok());
        }
        assert!(limit.due.lock().unwrap().len() <= MOST_KEYS);
    }
}
