//! The bodies of a fixture: JSON, in another codec the text, or raw bytes in hexadecimal digits.

use bytes::Bytes;
use serde_json::Value;

/// Of a body without a content type as well.
pub(super) const JSON: &str = "application/json";
/// Of bytes that no codec has written.
pub(super) const RAW: &str = "application/octet-stream";

fn is_json(content_type: &str) -> bool {
    ["", JSON].contains(&content_type)
}

/// The body that a fixture writes as this value.
///
/// # Errors
/// When raw bytes are not written in hexadecimal digits.
pub(super) fn body_of(content_type: &str, value: &Value) -> Result<Bytes, String> {
    match value {
        Value::String(hex) if content_type == RAW => unhex(hex),
        Value::String(text) if !is_json(content_type) => Ok(text.clone().into()),
        json => Ok(json.to_string().into()),
    }
}

/// Returns whether a body is the one that a fixture writes as this value.
pub(super) fn is_same(content_type: &str, body: &[u8], expected: &Value) -> bool {
    let text = || String::from_utf8_lossy(body).into();
    let read = match body {
        // Of a type without data, in any codec.
        b"" if expected.is_null() => Value::Null,
        // Bytes are compared as such: a text would have the same sign for all that are not UTF-8.
        raw if content_type == RAW => return body_of(RAW, expected).is_ok_and(|expected| expected == raw),
        _ if !is_json(content_type) => text(),
        // What is no JSON is compared as a text.
        json => serde_json::from_slice(json).unwrap_or_else(|_| text()),
    };
    read == *expected
}

/// The bytes of hexadecimal digits.
///
/// # Errors
/// When they are not digits, or when one of a pair is missing.
pub(super) fn unhex(hex: &str) -> Result<Bytes, String> {
    let digits: Option<Vec<u8>> = hex.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2));
    let digits = digits.ok_or_else(|| format!("{hex:?} is not hexadecimal"))?;
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
