//! Refuses calls of a service that fails, until it may work again.

mod circuit;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tower_layer::Layer;

use self::circuit::{Circuit, Verdict};
use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    contract::{MethodKind, NoError},
    error::{CallError, CircuitOpen, Phase},
    message::{FaultCode, Reply},
};

/// Refuses the calls of a queue at once while most of them fail: a circuit breaker. For clients.
///
/// Of each queue the calls of the last ten seconds count. When at least twenty have ended and half of them have
/// failed, the circuit *opens*: calls fail with [`CallError::CircuitOpen`] (Never), and nothing is sent. Five
/// seconds later it is *half open*: three calls are let through. When they succeed it *closes*; when one fails it
/// opens again. All numbers are options.
///
/// **Failures** are what says that the service does not do its work: no reply in time, no consumer, no queue, and
/// the faults `overloaded`, `shutting_down`, `internal`, `panicked`, `deadline_exceeded` and `expired`. A method's
/// own error and a refused request are successes: the service has answered. What says nothing of the service is
/// not counted: lost connections, a blocked broker, calls that were not sent or dropped, and timeouts that the
/// caller's own caller has set.
///
/// Events and untyped calls pass. Clones of the layer share their circuits; each process has its own. With
/// [`Retry`](super::Retry), place this layer inside of it: then every attempt counts.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Client, layers::{CircuitBreaker, Retry}};
///
/// let client = Client::builder().layer(Retry::new()).layer(CircuitBreaker::new());
/// # let _ = client;
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    options: CircuitOptions,
    /// By exchange and queue, as the contract has them. Contracts are part of the program: there are not many.
    circuits: Arc<Mutex<HashMap<(&'static str, &'static str), Circuit>>>,
}

#[derive(Clone, Copy, Debug)]
struct CircuitOptions {
    failure_rate: f64,
    min_calls: u32,
    open_for: Duration,
    half_open_calls: u32,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new()
    }
}

impl CircuitBreaker {
    /// Opens when half of at least twenty calls of the last ten seconds have failed, for five seconds; then lets
    /// three calls through.
    #[must_use]
    pub fn new() -> Self {
        let options = CircuitOptions {
            failure_rate: 0.5,
            min_calls: 20,
            open_for: Duration::from_secs(5),
            half_open_calls: 3,
        };
        Self { options, circuits: Arc::default() }
    }

    /// Sets the share of failed calls from which on the circuit opens, such as 0.5; and how many calls must have
    /// ended in the last ten seconds for that.
    ///
    /// # Panics
    /// With a share that is not above 0 and at most 1, and with zero calls.
    #[must_use]
    #[track_caller]
    pub fn open_at(mut self, failure_rate: f64, min_calls: u32) -> Self {
        assert!(failure_rate > 0.0 && failure_rate <= 1.0, "a failure rate of {failure_rate}");
        assert!(min_calls > 0, "a circuit that opens without any call");
        self.options = CircuitOptions { failure_rate, min_calls, ..self.options };
        self
    }

    /// Sets how long the circuit is open.
    #[must_use]
    pub fn open_for(mut self, duration: Duration) -> Self {
        self.options.open_for = duration;
        self
    }

    /// Sets how many calls are let through at once when the circuit is half open, all of which must succeed.
    ///
    /// # Panics
    /// With zero calls, because the circuit would never close.
    #[must_use]
    #[track_caller]
    pub fn half_open_calls(mut self, calls: u32) -> Self {
        assert!(calls > 0, "zero calls in a half open circuit: it would never close");
        self.options.half_open_calls = calls;
        self
    }

    /// Does something with the circuit of a queue.
    fn with<T>(&self, key: (&'static str, &'static str), work: impl FnOnce(&mut Circuit) -> T) -> T {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        work(circuits.entry(key).or_insert_with(|| Circuit::new(self.options)))
    }
}

impl Layer<BoxClientService> for CircuitBreaker {
    type Service = CircuitBreakerService;

    fn layer(&self, next: BoxClientService) -> CircuitBreakerService {
        CircuitBreakerService { breaker: self.clone(), next }
    }
}

/// The service of [`CircuitBreaker`].
#[derive(Clone, Debug)]
pub struct CircuitBreakerService {
    breaker: CircuitBreaker,
    next: BoxClientService,
}

/// A call that was let through. Dropped without a verdict, it is not counted.
struct Admitted<'a> {
    breaker: &'a CircuitBreaker,
    key: (&'static str, &'static str),
    epoch: u64,
    verdict: Verdict,
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.breaker.with(self.key, |circuit| circuit.record(self.epoch, self.verdict, self.key.1));
    }
}

impl ClientService for CircuitBreakerService {
    async fn call(&self, call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
        let method = call.method();
        if method.queue.is_empty() || method.kind == MethodKind::Event {
            return self.next.call(call).await;
        }
        let key = (method.exchange, method.queue);
        let epoch = self.breaker.with(key, Circuit::admit).map_err(|retry_after| {
            CallError::CircuitOpen(CircuitOpen { queue: method.queue, retry_after })
        })?;
        let mut admitted = Admitted { breaker: &self.breaker, key, epoch, verdict: Verdict::Unknown };
        let outcome = self.next.call(call).await;
        admitted.verdict = verdict(&outcome);
        outcome
    }
}

/// What the outcome says of the service.
fn verdict(outcome: &Result<Reply, CallError<NoError>>) -> Verdict {
    match outcome {
        Ok(_) => Verdict::Succeeded,
        Err(CallError::Fault(fault)) => match fault.code() {
            FaultCode::Overloaded
            | FaultCode::ShuttingDown
            | FaultCode::Internal
            | FaultCode::Panicked
            | FaultCode::DeadlineExceeded
            | FaultCode::Expired => Verdict::Failed,
            _ => Verdict::Succeeded,
        },
        Err(CallError::Timeout(timeout)) if timeout.is_inherited() || timeout.phase() != Phase::Sent => {
            Verdict::Unknown
        }
        Err(
            CallError::Timeout(_)
            | CallError::Unroutable(_)
            | CallError::NoConsumer(_)
            | CallError::Nacked(_),
        ) => Verdict::Failed,
        // It has answered.
        Err(CallError::Decode(_)) => Verdict::Succeeded,
        Err(_) => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        error::{Awaited, Blocked, Disconnected, NoConsumer, TimedOut, Unroutable},
        message::{Fault, ReplyKind},
    };

    #[test]
    fn an_outcome_is_a_failure_only_where_the_service_does_not_do_its_work() {
        let timed_out = |phase, inherited| {
            let (after, awaited, idempotent) = (Duration::from_secs(1), Awaited::Reply, false);
            let (found, not_connected) = (None, None);
            CallError::Timeout(TimedOut {
                after,
                inherited,
                phase,
                awaited,
                idempotent,
                found,
                not_connected,
            })
        };
        let unroutable =
            Unroutable { exchange: "x".into(), routing_key: "k".into(), exchange_missing: false };
        let lost = Disconnected { reason: "".into(), phase: Phase::Sent, idempotent: false };
        let fault = |code| CallError::Fault(Fault::new(code, "on purpose"));
        for (error, expected) in [
            (timed_out(Phase::Sent, false), Verdict::Failed),
            (timed_out(Phase::Sent, true), Verdict::Unknown),
            (timed_out(Phase::WaitingToSend, false), Verdict::Unknown),
            (CallError::Unroutable(unroutable), Verdict::Failed),
            (CallError::NoConsumer(NoConsumer { queue: "q".into(), waiting: 1 }), Verdict::Failed),
            (CallError::Disconnected(lost), Verdict::Unknown),
            (CallError::Closed, Verdict::Unknown),
            (CallError::Blocked(Blocked { reason: "low on memory".into() }), Verdict::Unknown),
            (fault(FaultCode::Overloaded), Verdict::Failed),
            (fault(FaultCode::Panicked), Verdict::Failed),
            (fault(FaultCode::BadRequest), Verdict::Succeeded),
            (fault(FaultCode::Unauthorized), Verdict::Succeeded),
        ] {
            let shown = error.to_string();
            assert_eq!(verdict(&Err(error)), expected, "{shown}");
        }
        for kind in [ReplyKind::Result, ReplyKind::Error] {
            assert_eq!(verdict(&Ok(Reply::new(kind, "application/json", Bytes::new()))), Verdict::Succeeded);
        }
    }
}
