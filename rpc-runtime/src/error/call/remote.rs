//! Errors of servers that do not speak the contract's error type, and what a client makes of them.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

/// What a server sent as its error, where that is not the method's own error type: of a program in another language, or of a contract
/// that has moved on.
///
/// Its `Debug` shows the code and not the rest, which may hold anything.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteError {
    code: Option<String>,
    message: Option<String>,
    body: Bytes,
}

/// The members that hold the code of an error, where other systems have it, in the order they are looked for.
const CODES: [&str; 5] = ["code", "error", "type", "exc_type", "name"];
const MESSAGES: [&str; 5] = ["message", "msg", "detail", "value", "error_description"];

impl RemoteError {
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: Some(code.into()), message: Some(message.into()), body: Bytes::new() }
    }

    /// Of a body that was read as `value`, if it could be read at all.
    pub(crate) fn of_body(body: Bytes, value: Option<&Value>) -> Self {
        let (code, message) = match value {
            Some(Value::Object(members)) => {
                // `{"error": {"code": .., "message": ..}}`, as JSON-RPC has it.
                let members = members.get("error").and_then(Value::as_object).unwrap_or(members);
                let find = |names: &[&str]| names.iter().find_map(|name| text(members.get(*name)?));
                (find(&CODES), find(&MESSAGES))
            }
            Some(value) => (None, text(value)),
            None => (None, None),
        };
        Self { code, message, body }
    }

    /// What the server calls the error: the member `code`, `error`, `type`, `exc_type` or `name` of its object; numbers as text.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What it says for people: the member `message`, `msg`, `detail`, `value` or `error_description`; all of an error that is a text.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// All that was sent; empty for a fault.
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
    fn code_and_message_are_found_where_other_systems_have_them() {
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
    fn what_the_server_said_is_not_in_the_debug_output() {
        let shown = format!("{:?}", of(&json!({"code": "E42", "message": "secret"})));
        assert!(shown.contains("E42") && !shown.contains("secret"), "{shown}");
    }
}
