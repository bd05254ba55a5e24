//! JSON as text: bodies are put into envelopes and taken out of them without being decoded.

mod arguments;
mod error_parts;
mod request;
mod write;

pub(crate) use arguments::{Arguments, Members};
pub(crate) use error_parts::ErrorParts;
pub(crate) use request::body_of;
pub(crate) use write::{array, object, quoted};

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// The media type of raw bytes.
pub(crate) const RAW: &str = "application/octet-stream";

/// The media type of a content type, without parameters.
pub(crate) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Returns whether a content type is that of JSON, whatever its parameters. Without one a body counts as JSON.
pub(crate) fn is_json(content_type: Option<&str>) -> bool {
    let media_type = media_type(content_type.unwrap_or_default());
    media_type.is_empty() || media_type.eq_ignore_ascii_case(JSON)
}

/// The JSON of a value that a method returned: `null` for an empty body. `None` if it is not JSON.
pub(crate) fn value_of<'a>(content_type: &str, body: &'a [u8]) -> Option<&'a str> {
    match body {
        _ if !is_json(Some(content_type)) => None,
        b"" => Some("null"),
        body => std::str::from_utf8(body).ok(),
    }
}

/// Returns whether the text is that of a JSON object. The text must be JSON.
pub(crate) fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

/// Reads a JSON object. An array is none, although serde reads the fields of a struct from one.
pub(crate) fn object_of<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let is_object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    serde_json::from_slice(body).ok().filter(|_| is_object)
}

/// Reads a member that may be missing, beside `#[serde(default)]`: one that is null is `Some`, and only a missing one `None`.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Reply<'a> {
        #[serde(borrow, default, deserialize_with = "present")]
        result: Option<&'a RawValue>,
    }

    #[test]
    fn a_member_that_is_null_is_told_from_a_missing_one_and_an_array_from_an_object() {
        let result = |body: &'static str| {
            object_of::<Reply<'_>>(body.as_bytes()).map(|reply| reply.result.map(RawValue::get))
        };
        assert_eq!(result(r#" {"result":{"n": 1}}"#), Some(Some(r#"{"n": 1}"#)));
        assert_eq!(result(r#"{"result":null}"#), Some(Some("null")));
        assert_eq!(result(r#"{"other":null}"#), Some(None));
        assert_eq!(result("[1]"), None);
    }
}
