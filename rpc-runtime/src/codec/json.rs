//! JSON bodies.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::unreadable::Malformed;

/// The content type of the bodies that it writes.
pub(super) const CONTENT_TYPE: &str = "application/json";

pub(super) fn reads(media_type: &str) -> bool {
    media_type.eq_ignore_ascii_case(CONTENT_TYPE)
        || media_type.eq_ignore_ascii_case("text/json")
        || UNTYPED.iter().any(|untyped| media_type.eq_ignore_ascii_case(untyped))
        || media_type.to_ascii_lowercase().ends_with("+json")
}

/// What libraries and examples send for a body whose type the program does not state: Bunny, and the
/// `RabbitMQ` tutorial in Go. They say as little as no content type, so the body is what it is without one.
const UNTYPED: [&str; 2] = [super::RAW, "text/plain"];

/// Writes `value`.
///
/// # Errors
/// When the value's `Serialize` fails, or a map key is not a string.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(value).map(Bytes::from)
}

/// Reads exactly one value. Nesting is limited to 128 levels.
///
/// # Errors
/// When the body is not the JSON of a `T`.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    serde_json::from_slice(body)
        .map_err(|source| Malformed { field: field_to_blame::<T>(body), source: source.into() })
}

/// Reads the body a second time, with the slower reader that tracks the path, to find the invalid field.
fn field_to_blame<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let reader = &mut serde_json::Deserializer::from_slice(body);
    Malformed::field_of(serde_path_to_error::deserialize::<_, T>(reader).err()?.path())
}
