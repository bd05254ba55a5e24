//! What became of a call, as an answer of HTTP.
//!
//! The header `x-outcome` says it in a word, for people and programs. The body is JSON: the result, the method's own
//! error, or an object that says what went wrong.

use amqp_rpc_runtime::{CallError, Execution, Fault, error::UntypedError};
use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

const OUTCOME: HeaderName = HeaderName::from_static("x-outcome");

pub(super) fn of(result: Result<Value, CallError<UntypedError<Value>>>) -> Response {
    match result {
        Ok(value) => answer(StatusCode::OK, "result", &value),
        Err(CallError::Method(UntypedError(error))) => {
            answer(StatusCode::UNPROCESSABLE_ENTITY, "error", &error)
        }
        Err(CallError::Fault(fault)) => answer(StatusCode::BAD_GATEWAY, "fault", &of_fault(&fault)),
        Err(error) => {
            let (status, outcome) = match &error {
                CallError::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
                CallError::Unroutable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unroutable"),
                CallError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "failed"),
                _ => (StatusCode::BAD_GATEWAY, "failed"),
            };
            let about = json!({ "message": error.to_string(), "execution": execution(error.execution()) });
            answer(status, outcome, &about)
        }
    }
}

/// A request that led to no call.
pub(super) fn refused(status: StatusCode, message: &str) -> Response {
    answer(status, "refused", &json!({ "message": message, "execution": execution(Execution::Never) }))
}

fn of_fault(fault: &Fault) -> Value {
    let mut about = json!({
        "code": fault.code().as_str(),
        "message": fault.message(),
        "execution": execution(fault.execution()),
    });
    if let Some(field) = fault.field() {
        about["field"] = field.into();
    }
    if !fault.violations().is_empty() {
        let violations = fault.violations().iter();
        about["errors"] = violations
            .map(|violation| json!({ "field": violation.field(), "message": violation.message() }))
            .collect();
    }
    about
}

fn execution(execution: Execution) -> &'static str {
    match execution {
        Execution::Never => "never",
        Execution::Completed => "completed",
        _ => "unknown",
    }
}

fn answer(status: StatusCode, outcome: &'static str, body: &Value) -> Response {
    let headers =
        [(OUTCOME, outcome), (header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{body:#}\n")).into_response()
}
