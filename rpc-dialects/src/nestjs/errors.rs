//! Errors and faults as the `err` of a reply, and what a packet says beside it.

use std::borrow::Cow;

use amqp_rpc_runtime::{Fault, FaultCode, dialect::PeerReply};
use serde::Deserialize;

use crate::json::{ErrorParts, object, object_of, quoted, value_of};

/// The header of a reply that has the code of a fault. Only the server itself writes it: what a method fails with is `err`,
/// also where it passes on the `err` of a call of its own. In the packet it would make `NestJS` 12 take all of it for a value.
pub(super) const FAULT: &str = "fault";
/// What a server says of a pattern that it has no handler for.
pub(super) const NO_HANDLER: &str = "There is no matching message handler defined in the remote service.";
/// What it says of an exception that is not an `RpcException`.
const INTERNAL: &str = "Internal server error";

/// The `err` of a fault. Its code is for programs that do not look beside it.
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

/// The fault that a packet with this `err` tells of; `None` for a method's own error. `fault` is the header of its message,
/// `status` a member of the packet, as JSON.
pub(super) fn fault_of(err: &str, fault: Option<&str>, status: Option<&str>) -> Option<PeerReply> {
    let failure: Option<Failure<'_>> = object_of(err.as_bytes());
    if let Some(code) = fault {
        let message = failure.map(|failure| failure.message).unwrap_or_default();
        return Some(PeerReply::Fault(Fault::new(FaultCode::from(code), message)));
    }
    if text_of(err).is_some_and(|text| text == NO_HANDLER) {
        let fault = Fault::new(FaultCode::UnknownMethod, NO_HANDLER);
        let is_of_the_server = status.and_then(text_of).is_some_and(|status| status == "error");
        // A program may have put the text there by a filter of exceptions.
        let reply = if is_of_the_server { PeerReply::Fault } else { PeerReply::UncertainFault };
        return Some(reply(fault));
    }
    let Failure { status, message, code } = failure?;
    let is_internal = status == "error" && message == INTERNAL && code.is_none();
    is_internal.then(|| PeerReply::UncertainFault(Fault::new(FaultCode::Internal, message)))
}

/// The text that this JSON is.
fn text_of(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of a fault, and whether it is certain.
    fn read(err: &str, fault: Option<&str>, status: Option<&str>) -> Option<(FaultCode, bool)> {
        match fault_of(err, fault, status)? {
            PeerReply::Fault(fault) => Some((fault.code().clone(), true)),
            PeerReply::UncertainFault(fault) => Some((fault.code().clone(), false)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_fault_is_certain_where_the_server_says_it_itself() {
        let overloaded = of_fault(&Fault::new(FaultCode::Overloaded, "\"full\""));
        let fault = fault_of(&overloaded, Some("overloaded"), None);
        let Some(PeerReply::Fault(fault)) = fault else { panic!("{fault:?}") };
        assert_eq!((fault.code(), fault.message()), (&FaultCode::Overloaded, "\"full\""));
        let newer = FaultCode::Other("from_the_future".into());
        assert_eq!(read("{}", Some("from_the_future"), None), Some((newer, true)));
        let sentence = quoted(NO_HANDLER);
        assert_eq!(read(&sentence, None, Some("\"error\"")), Some((FaultCode::UnknownMethod, true)));
        assert_eq!(read(&sentence, None, None), Some((FaultCode::UnknownMethod, false)));
        let internal = r#"{"status":"error","message":"Internal server error"}"#;
        assert_eq!(read(internal, None, None), Some((FaultCode::Internal, false)));
    }

    #[test]
    fn an_error_alone_is_the_methods_own() {
        for own in [
            // Of a call that the method has made, and whose error it passes on.
            r#"{"status":"error","message":"full","code":"overloaded"}"#,
            r#"{"status":"error","message":"Internal server error","code":"internal"}"#,
            r#"{"code":"TOO_LARGE","message":"n is above 90","limit":90}"#,
            r#"{"status":"error","message":"just text"}"#,
            r#""Internal server error""#,
            r#"{"status":404}"#,
            r#"["error","Internal server error"]"#,
            "7",
        ] {
            assert_eq!(read(own, None, Some("\"error\"")), None, "{own}");
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
