//! What a server writes into its log of calls that failed: each once, and nothing of those that did not.

use std::{fmt, panic::AssertUnwindSafe, process};

use tracing::Level;

use super::failed_call::{Cause, FailedCall};
use crate::message::FaultCode;

/// What of the failures is logged.
#[derive(Default)]
pub(crate) struct FailureLog {
    /// Errors that methods return to their callers: by default they are results like others.
    pub(crate) logs_errors: bool,
    pub(crate) exclusions: Vec<Exclusion>,
}

pub(crate) type Exclusion = Box<dyn Fn(&FailedCall<'_>) -> bool + Send + Sync>;

impl FailureLog {
    pub(crate) fn write(&self, failure: &FailedCall<'_>) {
        // What nobody hears of must not pass unseen.
        if failure.is_error() && failure.has_caller && !self.logs_errors {
            return;
        }
        macro_rules! write_at {
            ($level:ident) => {
                if tracing::enabled!(target: "amqp_rpc_runtime::failures", Level::$level) && !self.excludes(failure) {
                    tracing::event!(
                        target: "amqp_rpc_runtime::failures",
                        Level::$level,
                        service = failure.method().map(|method| method.service),
                        method = failure.method().map(|method| method.full_name),
                        outcome = failure.outcome(),
                        reason = failure.fault().map(|fault| fault.message()),
                        detail = failure.fault().and_then(|fault| fault.detail()),
                        queue = failure.queue(),
                        user_id = failure.user_id(),
                        app_id = failure.app_id(),
                        correlation_id = failure.correlation_id(),
                        redelivered = failure.redelivered(),
                        dropped = failure.is_dropped().then_some(true),
                        duration_ms = failure.duration().as_secs_f64() * 1e3,
                        pid = process::id(),
                        "{}",
                        sentence(failure),
                    );
                }
            };
        }
        match level(failure) {
            Level::ERROR => write_at!(ERROR),
            Level::WARN => write_at!(WARN),
            Level::INFO => write_at!(INFO),
            _ => write_at!(DEBUG),
        }
    }

    fn excludes(&self, failure: &FailedCall<'_>) -> bool {
        self.exclusions.iter().any(|excludes| {
            // It runs where a delivery is being settled, which must go on.
            std::panic::catch_unwind(AssertUnwindSafe(|| excludes(failure))).unwrap_or(false)
        })
    }
}

/// `ERROR` is for what a programmer must mend, `WARN` for what an operator should see, `DEBUG` for what its caller hears and can see to.
fn level(failure: &FailedCall<'_>) -> Level {
    match failure.cause {
        Cause::Fault(fault) if *fault.code() == FaultCode::Panicked => Level::ERROR,
        _ if failure.request.is_malformed || !failure.has_caller => Level::WARN,
        Cause::Error(_) => Level::INFO,
        Cause::Fault(_) if failure.is_refusal() => Level::DEBUG,
        Cause::Fault(_) | Cause::Cancelled => Level::WARN,
    }
}

fn sentence(failure: &FailedCall<'_>) -> &'static str {
    match failure.cause {
        Cause::Fault(fault) if *fault.code() == FaultCode::Panicked => "the method panicked",
        Cause::Fault(_) if failure.request.is_malformed => "refused a hostile request",
        Cause::Fault(_) if failure.is_refusal() => "refused a request",
        Cause::Fault(_) => "a call failed",
        Cause::Error(_) => "the method returned its own error",
        Cause::Cancelled => "a call was cancelled while it ran; its request will be delivered again",
    }
}

impl fmt::Debug for FailureLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailureLog")
            .field("logs_errors", &self.logs_errors)
            .field("exclusions", &self.exclusions.len())
            .finish()
    }
}
