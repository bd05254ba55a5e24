//! Errors of foreign servers, which are not of the method's error type.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

/// An error that a server sent, which is not of the method's error type. It comes from a program in another
/// language, or from another version of the contract.
///
/// Its `Debug` shows only the code, because the rest may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteError {
    code: Option<String>,
    message: Option<String>,
    body: Bytes,
}

/// The members in which other systems put the code of an error, in the order of the search.
const CODES: [&str; 5] = ["code", "error", "type", "exc_type", "name"];
const MESSAGES: [&str; 5] = ["message", "msg", "detail", "value", "error_description"];

impl RemoteError {
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: Some(code.into()), message: Some(message.into()), body: Bytes::new() }
    }

    /// The error in a body. `value` is the decoded body, if it could be decoded.
    pub(crate) fn of_body(body: Bytes, value: Option<&Value>) -> Self {
        let (code, message) = match value {
            Some(Value::Object(members)) => {
                // JSON-RPC: `{"error": {"code": .., "message": ..}}`.
                let members = members.get("error").and_then(Value::as_object).unwrap_or(members);
                let find = |names: &[&str]| names.iter().find_map(|name| text(members.get(*name)?));
                (find(&CODES), find(&MESSAGES))
            }
            Some(value) => (None, text(value)),
            None => (None, None),
        };
        Self { code, message, body }
    }

    /// The code of the error: the member `code`, `error`, `type`, `exc_type` or `name`. A number is returned
    /// as text.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The message for people: the member `message`, `msg`, `detail`, `value` or `error_description`, or the
    /// whole error if it is a text.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The body that the server sent. Empty for a fault.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl fmt::Debug for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteError")
            .field("code", &self.code)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &Value) -> RemoteError {
        RemoteError::of_body(Bytes::from(value.to_string()), Some(value))
    }

    #[test]
    fn code_and_message_are_found_where_other_systems_put_them() {
        for (value, code, message) in [
            (json!({"code": "E42", "message": "too large"}), Some("E42"), Some("too large")),
            (json!({"exc_type": "ValueError", "value": "too large"}), Some("ValueError"), Some("too large")),
            (json!({"error": {"code": -32601, "message": "no method"}}), Some("-32601"), Some("no method")),
            (json!({"error": "E42", "detail": "too large"}), Some("E42"), Some("too large")),
            (json!("too large"), None, Some("too large")),
            (json!([1, 2]), None, None),
            (json!({"code": {"a": 1}}), None, None),
        ] {
            let error = of(&value);
            assert_eq!((error.code(), error.message()), (code, message), "{value}");
        }
        let unreadable = RemoteError::of_body(Bytes::from_static(b"\xff"), None);
        assert_eq!((unreadable.code(), unreadable.message()), (None, None));
    }

    #[test]
    fn the_debug_output_does_not_contain_the_message() {
        let shown = format!("{:?}", of(&json!({"code": "E42", "message": "secret"})));
        assert!(shown.contains("E42") && !shown.contains("secret"), "{shown}");
    }
}
