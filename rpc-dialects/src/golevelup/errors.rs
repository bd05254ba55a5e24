//! Errors and faults as the member of a reply that the user has named for them.

use std::{borrow::Cow, collections::BTreeMap};

use amqp_rpc_runtime::{Fault, FaultCode, dialect::Outcome};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{ErrorParts, is_object, object, object_of, quoted, value_of};

/// The body of a reply that tells of a failure in `member`. `None` for a value.
pub(super) fn write(member: &str, outcome: &Outcome<'_>) -> Option<String> {
    let error = match outcome {
        Outcome::Error { content_type, body, text } => match value_of(content_type, body).unwrap_or("null") {
            // Null would say that there is none.
            "null" => quoted(&ErrorParts::of("null", *text).text),
            json => json.to_owned(),
        },
        Outcome::Fault(fault) => of_fault(fault),
        _ => return None,
    };
    Some(object([(member, error.as_str())]))
}

/// A fault in the member.
pub(super) fn of_fault(fault: &Fault) -> String {
    let (code, message) = (quoted(fault.code().as_str()), quoted(fault.message()));
    object([("fault", code.as_str()), ("message", message.as_str())])
}

/// The JSON in `member` of a reply; `None` where it is not there, or null.
pub(super) fn read<'a>(member: &str, reply: &'a str) -> Option<&'a RawValue> {
    if !is_object(reply) {
        return None;
    }
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(reply).ok()?;
    members.get(member).copied().filter(|error| error.get() != "null")
}

#[derive(Deserialize)]
struct FaultBody<'a> {
    #[serde(borrow)]
    fault: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

/// The fault that is in the member; `None` for a method's own error. It may be of a call that the method has made, whose
/// reply it passes on.
pub(super) fn fault_of(error: &str) -> Option<Fault> {
    let FaultBody { fault, message } = object_of(error.as_bytes())?;
    let code = FaultCode::KNOWN.iter().find(|known| known.as_str() == fault)?;
    Some(Fault::new(code.clone(), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_read_as_they_were_written() {
        let fault = Fault::new(FaultCode::Overloaded, "full");
        let written = write("error", &Outcome::Fault(&fault)).unwrap();
        assert_eq!(written, r#"{"error":{"fault":"overloaded","message":"full"}}"#);
        let read_back = fault_of(read("error", &written).unwrap().get()).unwrap();
        assert_eq!((read_back.code(), read_back.message()), (&FaultCode::Overloaded, "full"));
        let error = |body: &'static str| {
            let body = body.into();
            write("error", &Outcome::Error { content_type: "", body: &body, text: Some("above") })
        };
        let own = error(r#"{"TooLarge":90}"#).unwrap();
        assert_eq!(read("error", &own).map(RawValue::get), Some(r#"{"TooLarge":90}"#));
        assert!(fault_of(r#"{"TooLarge":90}"#).is_none());
        assert!(fault_of(r#"["overloaded","full"]"#).is_none());
        assert_eq!(error("null").as_deref(), Some(r#"{"error":"above"}"#));
    }

    #[test]
    fn replies_without_the_member_are_values() {
        for reply in ["832040", "null", "[]", "{}", r#"{"error":null,"data":1}"#, r#"{"errors":[]}"#, "{"] {
            assert!(read("error", reply).is_none(), "{reply}");
        }
    }
}
