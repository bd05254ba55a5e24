//! Errors and faults as the `err` of a reply.

use std::borrow::Cow;

use amqp_rpc_runtime::{Fault, FaultCode};
use serde::Deserialize;

use crate::json::{ErrorParts, object, quoted, value_of};

/// What a server says of a pattern that it has no handler for.
pub(super) const NO_HANDLER: &str = "There is no matching message handler defined in the remote service.";
/// What it says of an exception that is not an `RpcException`.
const INTERNAL: &str = "Internal server error";

/// The `err` of a fault.
pub(super) fn of_fault(fault: &Fault) -> String {
    let (message, code) = (quoted(fault.message()), quoted(fault.code().as_str()));
    object([("status", "\"error\""), ("message", message.as_str()), ("code", code.as_str())])
}

/// The `err` of a method's own error: its JSON, as it is. One that JavaScript takes for none is its text in the form of an
/// `RpcException` with a text, and so is one that is no JSON.
pub(super) fn of_error(content_type: &str, body: &[u8], text: Option<&str>) -> String {
    let json = value_of(content_type, body).unwrap_or("null");
    if is_error(json) {
        return json.to_owned();
    }
    let message = quoted(&ErrorParts::of(json, text).text);
    object([("status", "\"error\""), ("message", message.as_str())])
}

/// Returns whether a client takes an `err` for an error: JavaScript's idea of truth.
pub(super) fn is_error(json: &str) -> bool {
    !matches!(json.trim(), "null" | "false" | "0" | "-0" | "0.0" | "\"\"")
}

/// The `err` of a server that tells of a failure of its own.
#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    code: Option<Cow<'a, str>>,
}

/// The fault that an `err` stands for; `None` for a method's own error.
pub(super) fn fault_of(err: &str) -> Option<Fault> {
    if serde_json::from_str::<Cow<'_, str>>(err).is_ok_and(|text| text == NO_HANDLER) {
        return Some(Fault::new(FaultCode::UnknownMethod, NO_HANDLER));
    }
    let Failure { status, message, code } = serde_json::from_str(err).ok()?;
    let code = match code.as_deref() {
        _ if status != "error" => return None,
        Some(code) => FaultCode::KNOWN.iter().find(|known| known.as_str() == code)?.clone(),
        None if message == INTERNAL => FaultCode::Internal,
        None => return None,
    };
    Some(Fault::new(code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_framework_says_is_a_fault_and_what_the_method_says_is_none() {
        let code = |err: &str| fault_of(err).map(|fault| fault.code().clone());
        assert_eq!(code(&quoted(NO_HANDLER)), Some(FaultCode::UnknownMethod));
        let internal = r#"{"status":"error","message":"Internal server error"}"#;
        assert_eq!(code(internal), Some(FaultCode::Internal));
        let overloaded = Fault::new(FaultCode::Overloaded, "\"full\"");
        assert_eq!(code(&of_fault(&overloaded)), Some(FaultCode::Overloaded));
        for own in [
            r#"{"code":"TOO_LARGE","message":"n is above 90","limit":90}"#,
            r#"{"status":"error","message":"just text"}"#,
            r#"{"status":"error","code":"TOO_LARGE","message":"n is above 90"}"#,
            r#""Internal server error""#,
            r#"{"status":404}"#,
            "7",
        ] {
            assert_eq!(code(own), None, "{own}");
        }
    }

    #[test]
    fn an_error_that_javascript_takes_for_none_is_an_error_all_the_same() {
        let of = |body: &str| of_error("application/json", body.as_bytes(), Some("above 90"));
        assert_eq!(of(r#"{"TooLarge":90}"#), r#"{"TooLarge":90}"#);
        for none in ["null", "0", "false", "\"\""] {
            assert_eq!(of(none), r#"{"status":"error","message":"above 90"}"#, "{none}");
        }
    }
}
