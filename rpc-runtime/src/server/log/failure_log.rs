//! The log of failed calls: each is logged once.

use std::{fmt, panic::AssertUnwindSafe, process};

use tracing::Level;

use super::failed_call::{Cause, FailedCall};
use crate::message::FaultCode;

/// Logs failed calls.
#[derive(Default)]
pub(crate) struct FailureLog {
    /// Also logs errors that methods return to their callers. By default they are results like others.
    pub(crate) logs_errors: bool,
    pub(crate) exclusions: Vec<Exclusion>,
}

pub(crate) type Exclusion = Box<dyn Fn(&FailedCall<'_>) -> bool + Send + Sync>;

impl FailureLog {
    pub(crate) fn write(&self, failure: &FailedCall<'_>) {
        // A failure without a caller is always logged: the log is the only place where it is seen.
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
                        trace_id = failure.trace_id(),
                        redelivered = failure.redelivered(),
                        dropped = failure.is_dropped().then_some(true),
                        duration_ms = failure.duration().as_secs_f64() * 1e3,
                        pid = process::id(),
                        "{}",
                        message(failure),
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
            // It runs while a delivery is being settled: a panic must not prevent that.
            std::panic::catch_unwind(AssertUnwindSafe(|| excludes(failure))).unwrap_or(false)
        })
    }
}

/// `ERROR` is for failures that a programmer must fix, `WARN` for those that an operator should see, `DEBUG`
/// for those that are reported to the caller, who can act on them.
fn level(failure: &FailedCall<'_>) -> Level {
    match failure.cause {
        Cause::Fault(fault) if *fault.code() == FaultCode::Panicked => Level::ERROR,
        _ if failure.request.is_malformed || !failure.has_caller => Level::WARN,
        Cause::Error(_) => Level::INFO,
        Cause::Fault(_) if failure.is_refusal() => Level::DEBUG,
        Cause::Fault(_) | Cause::Cancelled => Level::WARN,
    }
}

fn message(failure: &FailedCall<'_>) -> &'static str {
    match failure.cause {
        Cause::Fault(fault) if *fault.code() == FaultCode::Panicked => "the method panicked",
        Cause::Fault(_) if failure.request.is_malformed => "refused a malformed request",
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
