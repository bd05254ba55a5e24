//! The bodies of a fixture: JSON, or in another codec the text.

use bytes::Bytes;
use serde_json::Value;

/// Of a body without a content type as well.
pub(super) const JSON: &str = "application/json";

fn is_json(content_type: &str) -> bool {
    ["", JSON].contains(&content_type)
}

/// The body that a fixture writes as this value.
pub(super) fn body_of(content_type: &str, value: &Value) -> Bytes {
    match value {
        Value::String(text) if !is_json(content_type) => text.clone().into(),
        json => json.to_string().into(),
    }
}

/// Returns whether a body is the one that a fixture writes as this value.
pub(super) fn is_same(content_type: &str, body: &[u8], expected: &Value) -> bool {
    let text = || String::from_utf8_lossy(body).into();
    let read = match body {
        // Of a type without data, in any codec.
        b"" if expected.is_null() => Value::Null,
        _ if !is_json(content_type) => text(),
        // What is no JSON is compared as a text.
        json => serde_json::from_slice(json).unwrap_or_else(|_| text()),
    };
    read == *expected
}
