//! Repeats calls that failed and may be repeated.

mod budget;

use std::{pin::pin, sync::Arc, time::Duration};

use amqp_rpc_transport::random_share;
use tokio::time::{Instant, sleep};
use tower_layer::Layer;

use self::budget::Budget;
use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    contract::{MethodKind, NoError, Repetition},
    error::CallError,
    message::{Execution, Reply},
};

type Outcome = Result<Reply, CallError<NoError>>;

/// Repeats calls that failed, where [`CallError::is_retryable`] allows it. For clients.
///
/// A call is repeated up to two times, after a random pause, within its own timeout. What may have run is
/// repeated only if its method is `idempotent`. The pauses and the number of attempts are options.
///
/// **Budget.** All calls of the layer share one: a fifth of the calls of the last ten seconds may be repeated,
/// and ten a second in any case. When it is used up, calls fail with their first error: repeating everything
/// would keep an overloaded server overloaded. Clones of the layer share it.
///
/// **Timeouts.** A call that has used up its time is over. To repeat calls that get no reply, give each
/// attempt less time: [`attempt_timeout`](Self::attempt_timeout).
///
/// **The error** is that of the last attempt. But if an earlier one may have run, and the last certainly has
/// not, it is the earlier one: the call as a whole may have run.
///
/// Calls whose connection is lost are sent again without this layer, if that is safe. Use it for what the
/// connection does not tell: servers that are overloaded or not started yet, and replies that do not come.
/// Place it outside of layers that should see every attempt, and inside of those that should see one call. Each
/// repetition and each hedge is logged at `DEBUG`.
///
/// ```
/// use std::time::Duration;
///
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Client, layers::Retry};
///
/// let client = Client::builder().layer(Retry::new().attempts(4).attempt_timeout(Duration::from_secs(2)));
/// # let _ = client;
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    attempts: u32,
    first_pause: Duration,
    max_pause: Duration,
    attempt_timeout: Option<Duration>,
    hedge_after: Option<Duration>,
    budget: Arc<Budget>,
}

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}

impl Retry {
    /// Three attempts; pauses of up to 50 ms, then 100 ms; a budget of a fifth of the calls and ten a second.
    #[must_use]
    pub fn new() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(50),
            max_pause: Duration::from_secs(1),
            attempt_timeout: None,
            hedge_after: None,
            budget: Arc::new(Budget::new(0.2, 10)),
        }
    }

    /// Sets how often a call is attempted at most, the first time included.
    ///
    /// # Panics
    /// With zero attempts, because no call would be made.
    #[must_use]
    #[track_caller]
    pub fn attempts(self, attempts: u32) -> Self {
        assert!(attempts > 0, "zero attempts: no call would be made");
        Self { attempts, ..self }
    }

    /// Sets the pauses between attempts. Each is random, between zero and a bound: `first` for the first pause,
    /// twice as much for each later one, at most `longest`. Calls that fail together are not repeated together.
    #[must_use]
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        Self { first_pause: first, max_pause: longest, ..self }
    }

    /// Limits the time of each attempt of an `idempotent` method, so that one whose reply does not come is
    /// repeated. Other methods cannot be repeated then, and keep the time of their call.
    ///
    /// The error of an attempt that timed out states the time since the call was made
    /// ([`TimedOut::after`](crate::error::TimedOut::after)).
    #[must_use]
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        Self { attempt_timeout: Some(timeout), ..self }
    }

    /// Sends a call of an `idempotent` method a second time when its reply does not come within `delay`, and
    /// takes the first reply: a hedged request. The method may run twice, also when nothing fails. A good delay
    /// is the duration that one call in twenty exceeds.
    ///
    /// Each attempt may be hedged, out of the budget: with three attempts a call is sent six times at most. An
    /// attempt and its hedge share the [`attempt_timeout`](Self::attempt_timeout), which must be longer than
    /// `delay`.
    #[must_use]
    pub fn hedge_after(self, delay: Duration) -> Self {
        Self { hedge_after: Some(delay), ..self }
    }

    /// Sets the budget: `share` of the calls of the last ten seconds, such as 0.2, and `per_second` in any
    /// case. Without a share and with zero a second nothing is repeated.
    ///
    /// # Panics
    /// With a share that is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn budget(self, share: f64, per_second: u32) -> Self {
        assert!(share.is_finite() && share >= 0.0, "a share of {share} of the calls");
        Self { budget: Arc::new(Budget::new(share, per_second)), ..self }
    }

    /// The pause after `attempt` attempts.
    fn pause(&self, attempt: u32) -> Duration {
        let factor = 1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX);
        self.first_pause.saturating_mul(factor).min(self.max_pause).mul_f64(random_share())
    }
}

impl Layer<BoxClientService> for Retry {
    type Service = RetryService;

    fn layer(&self, next: BoxClientService) -> RetryService {
        RetryService { options: self.clone(), next }
    }
}

/// The service of [`Retry`].
#[derive(Clone, Debug)]
pub struct RetryService {
    options: Retry,
    next: BoxClientService,
}

impl RetryService {
    /// One attempt, with its hedge.
    async fn attempt(&self, call: OutgoingCall) -> Outcome {
        let call = self.limited(call);
        // The second request of a deduplicated method would wait for the first.
        let is_deduplicated = call.method().repetition == Repetition::Deduplicated;
        let may_run_twice =
            call.policy.idempotent && !is_deduplicated && call.method().kind == MethodKind::Call;
        let Some(delay) = self.options.hedge_after.filter(|_| may_run_twice) else {
            return self.next.call(call).await;
        };
        let mut first = pin!(self.next.call(call.clone()));
        tokio::select! {
            biased;
            outcome = &mut first => return outcome,
            () = sleep(delay) => {}
        }
        if !self.options.budget.withdraw() {
            return first.await;
        }
        tracing::debug!(method = call.name(), ?delay, "the reply is late; the call is sent a second time");
        let mut hedge = pin!(self.next.call(call));
        let (outcome, other) = tokio::select! {
            biased;
            outcome = &mut first => (outcome, hedge),
            outcome = &mut hedge => (outcome, first),
        };
        match outcome {
            // The other one may still succeed. And it may run: an error that says "never" does not speak for it.
            Err(error) if error.is_retryable() || error.execution() == Execution::Never => {
                other.await.map_err(|last| of_both(Some(error), last))
            }
            outcome => outcome,
        }
    }

    fn limited(&self, mut call: OutgoingCall) -> OutgoingCall {
        if let Some(limit) = self.options.attempt_timeout.filter(|_| call.policy.idempotent) {
            let used = call.timeout().saturating_sub(call.remaining());
            // Errors show it: whole milliseconds can be read.
            let used = Duration::from_millis(u64::try_from(used.as_millis()).unwrap_or(u64::MAX));
            call.shorten_timeout(used.saturating_add(limit));
        }
        call
    }
}

impl ClientService for RetryService {
    async fn call(&self, call: OutgoingCall) -> Outcome {
        self.options.budget.count_call();
        let mut may_have_run = None;
        for attempt in 1..self.options.attempts {
            let begun_at = Instant::now();
            let error = match self.attempt(call.clone()).await {
                Err(error) if error.is_retryable() => error,
                outcome => return outcome.map_err(|error| of_both(may_have_run, error)),
            };
            let pause = self.options.pause(attempt);
            // An attempt that time cuts short would make an error that says "never" one that does not know.
            let needed =
                if error.execution() == Execution::Never { begun_at.elapsed() } else { Duration::ZERO };
            if call.remaining() <= pause.saturating_add(needed) || !self.options.budget.withdraw() {
                return Err(of_both(may_have_run, error));
            }
            tracing::debug!(method = call.name(), %error, attempt, ?pause, "the call failed, and is repeated");
            if may_have_run.is_none() && error.execution() != Execution::Never {
                may_have_run = Some(error);
            }
            sleep(pause).await;
        }
        self.attempt(call).await.map_err(|error| of_both(may_have_run, error))
    }
}

/// The error of a call whose last attempt failed with `last`. `earlier`: that of an attempt that may have run.
fn of_both(earlier: Option<CallError<NoError>>, last: CallError<NoError>) -> CallError<NoError> {
    match earlier {
        Some(earlier) if earlier.execution() != Execution::Never && last.execution() == Execution::Never => {
            earlier
        }
        _ => last,
    }
}
