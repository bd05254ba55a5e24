//! The envelope of replies.

use std::borrow::Cow;

use amqp_rpc_runtime::{Fault, FaultCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{array, object, object_of, quoted};

/// The text for a request that is not what its handler takes.
pub(super) const INVALID: &str = "Request validation failed";
/// The text for a handler that threw.
pub(super) const UNEXPECTED: &str = "An unexpected error occurred";

/// The body of a reply, as it is read.
#[derive(Deserialize)]
pub(super) struct ReplyBody<'a> {
    pub(super) success: bool,
    #[serde(borrow, default)]
    pub(super) message: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
}

/// The body of a reply with this `data`, which is JSON.
pub(super) fn write(success: bool, message: &str, data: &str) -> String {
    let (success, message) = (if success { "true" } else { "false" }, quoted(message));
    object([("success", success), ("message", message.as_str()), ("data", data)])
}

/// The body of a reply for a fault. Only for a bad request does a peer get to know the reason.
pub(super) fn of_fault(fault: &Fault, is_consumer_2: bool) -> String {
    if *fault.code() != FaultCode::BadRequest || is_consumer_2 {
        return write(false, UNEXPECTED, "null");
    }
    let text = fault.message();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let (location, kind) = match missing {
        Some(name) => (array([quoted(name).as_str()]), "missing"),
        None => ("[]".to_owned(), "value_error"),
    };
    let (message, kind) = (quoted(text), quoted(kind));
    let error = object([("location", location.as_str()), ("message", &message), ("type", &kind)]);
    write(false, INVALID, &object([("errors", array([error.as_str()]).as_str())]))
}

/// The errors of a reply to a bad request.
#[derive(Deserialize)]
struct Errors<'a> {
    #[serde(borrow)]
    errors: Vec<InvalidValue<'a>>,
}

#[derive(Deserialize)]
struct InvalidValue<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// The fault that a reply without success stands for; `None` for the method's own error. The text may be of a call that
/// the method has made, and whose reply it passes on.
pub(super) fn fault_of(reply: &ReplyBody<'_>) -> Option<Fault> {
    match &*reply.message {
        INVALID => {
            // Consumer 3.5 loses the errors, and sends `{}`.
            let errors = reply.data.and_then(|data| object_of::<Errors<'_>>(data.get().as_bytes()));
            let texts = errors.iter().flat_map(|read| &read.errors).map(|error| &*error.message);
            let texts = texts.collect::<Vec<_>>().join("; ");
            Some(Fault::new(FaultCode::BadRequest, if texts.is_empty() { INVALID } else { &texts }))
        }
        UNEXPECTED => Some(Fault::new(FaultCode::Internal, UNEXPECTED)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(body: &str) -> Fault {
        fault_of(&serde_json::from_str(body).unwrap()).unwrap()
    }

    #[test]
    fn a_bad_request_says_what_is_wrong_and_where() {
        let missing = of_fault(&Fault::new(FaultCode::BadRequest, "missing field `n` at line 1"), false);
        assert_eq!(
            missing,
            r#"{"success":false,"message":"Request validation failed","data":{"errors":[{"location":["n"],"message":"missing field `n` at line 1","type":"missing"}]}}"#
        );
        let fault = read_back(&missing);
        assert_eq!((fault.code(), fault.message()), (&FaultCode::BadRequest, "missing field `n` at line 1"));
        for lost in ["{}", "null", r#"[[{"message":"of no object"}]]"#] {
            let body = format!(r#"{{"success":false,"message":"Request validation failed","data":{lost}}}"#);
            let fault = read_back(&body);
            assert_eq!((fault.code(), fault.message()), (&FaultCode::BadRequest, INVALID), "{lost}");
        }
    }

    #[test]
    fn other_faults_and_those_of_consumer_2_have_one_text_that_tells_nothing() {
        for (code, is_consumer_2) in [(FaultCode::Overloaded, false), (FaultCode::BadRequest, true)] {
            let body = of_fault(&Fault::new(code, "not for peers"), is_consumer_2);
            assert_eq!(body, r#"{"success":false,"message":"An unexpected error occurred","data":null}"#);
            assert_eq!(read_back(&body).code(), &FaultCode::Internal);
        }
    }

    #[test]
    fn every_other_text_is_the_methods_own() {
        let body = r#"{"success":false,"message":"n is above 90","data":null}"#;
        assert!(fault_of(&serde_json::from_str(body).unwrap()).is_none());
    }
}
