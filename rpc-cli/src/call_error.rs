//! The errors of calls, as failures that say what to do.

use amqp_rpc::{
    CallError, Execution, Fault, FaultCode,
    contract::NoError,
    error::{QueueState, TimedOut},
};
use serde_json::{Value, json};

use crate::{
    exit::Exit,
    failure::{Failure, chain},
};

/// The failure of a call, a notification or an event of `method`.
pub(crate) fn failure_of(error: &CallError<NoError>, method: &str) -> Failure {
    let failure = Failure::new(exit_of(error), format!("{method}: {}", chain(error)));
    let failure = match error {
        CallError::Unroutable(_) => failure.advice(format!(
            "no server has {}; `amqp-rpc list` shows the services that there are",
            service_of(method)
        )),
        CallError::NoConsumer(_) => failure.advice("start a server of it, or wait without --fail-fast"),
        CallError::Timeout(timeout) => failure.advice(of_timeout(timeout)),
        CallError::Fault(fault) => of_fault(failure, fault, method),
        CallError::AccessRefused(_) | CallError::Blocked(_) | CallError::Disconnected(_) => {
            failure.advice("see the broker's log, and whether its address is right with -v")
        }
        CallError::TooLarge(_) => failure.advice("send less, or a reference to it"),
        CallError::Decode(_) => failure.advice("--raw prints a reply as it is"),
        _ => return failure,
    };
    match error.execution() {
        Execution::Never => failure.advice("it did not run"),
        Execution::Unknown => failure.advice("it may have run"),
        _ => failure,
    }
}

/// The failure that the method returned its own error.
pub(crate) fn own_error(method: &str, value: Value) -> Failure {
    Failure::new(Exit::Remote, format!("{method} returned its own error")).with_value(value)
}

fn exit_of(error: &CallError<NoError>) -> Exit {
    match error {
        CallError::Fault(_) => Exit::Remote,
        CallError::Unroutable(_) | CallError::NoConsumer(_) => Exit::Unroutable,
        CallError::Timeout(_) => Exit::Timeout,
        CallError::TooLarge(_) | CallError::Invalid(_) | CallError::Encode(_) | CallError::Decode(_) => {
            Exit::Invalid
        }
        _ => Exit::Connect,
    }
}

fn of_timeout(timeout: &TimedOut) -> &'static str {
    match timeout.queue_state() {
        Some(QueueState::NoConsumer { .. }) => "its servers are not running: start one",
        Some(QueueState::Consumed { .. }) => "its servers are slow or busy: wait longer with --timeout",
        _ => "wait longer with --timeout, and see whether a server runs with `amqp-rpc list`",
    }
}

fn of_fault(failure: Failure, fault: &Fault, method: &str) -> Failure {
    let failure = failure.with_value(json_of(fault));
    match fault.code() {
        FaultCode::BadRequest => failure.advice(format!("`amqp-rpc describe {method}` shows what it takes")),
        FaultCode::UnknownMethod => {
            failure.advice(format!("`amqp-rpc describe {}` shows its methods", service_of(method)))
        }
        FaultCode::UnsupportedMediaType => failure.advice("use another --codec, json is always read"),
        _ => failure,
    }
}

/// A fault as it travels.
fn json_of(fault: &Fault) -> Value {
    let mut value = json!({"code": fault.code().as_str(), "message": fault.message()});
    if let Some(field) = fault.field() {
        value["field"] = field.into();
    }
    let violations = fault.violations().iter();
    let violations: Vec<_> = violations
        .map(|violation| json!({"field": violation.field(), "message": violation.message()}))
        .collect();
    if !violations.is_empty() {
        value["errors"] = violations.into();
    }
    value
}

/// The service of a method's full name: what comes before the last dot.
pub(crate) fn service_of(method: &str) -> &str {
    method.rsplit_once('.').map_or(method, |(service, _)| service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_to_do() {
        let fault = Fault::new(FaultCode::BadRequest, "n is missing").with_field("n");
        let failure = failure_of(&CallError::Fault(fault), "fib.compute");
        assert_eq!(failure.exit(), Exit::Remote);
        assert_eq!(failure.value().unwrap()["field"], "n");
        assert_eq!(failure_of(&CallError::Closed, "fib.compute").exit(), Exit::Connect);
    }

    #[test]
    fn the_service_of_a_method_is_what_precedes_its_last_dot() {
        assert_eq!(service_of("servers.trees.list"), "servers.trees");
        assert_eq!(service_of("fib"), "fib");
    }
}
