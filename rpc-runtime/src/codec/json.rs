//! JSON bodies.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::unreadable::Unreadable;

/// The content type of what is written.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// Why a body could not be read.
#[derive(Debug)]
pub(crate) struct Malformed {
    /// Where in the body, such as `user.address`; absent when the body as a whole is to blame.
    pub(crate) field: Option<String>,
    pub(crate) source: Unreadable,
}

/// A body is JSON, as it is. Foreign programs often say nothing of either, and kombu (nameko, Celery) names the character set
/// as the encoding.
///
/// # Errors
/// What it is instead, for people.
pub(crate) fn check(content_type: Option<&str>, content_encoding: Option<&str>) -> Result<(), String> {
    if !reads(content_type) {
        let content_type = content_type.unwrap_or_default();
        return Err(format!("content type {content_type:?} is not spoken here; send {CONTENT_TYPE}"));
    }
    let encoding = content_encoding.unwrap_or_default();
    if !["", "identity", "utf-8"].iter().any(|plain| encoding.eq_ignore_ascii_case(plain)) {
        return Err(format!("content encoding {encoding:?} is not spoken here; send the body as it is"));
    }
    Ok(())
}

fn reads(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.is_empty()
        || media_type.eq_ignore_ascii_case(CONTENT_TYPE)
        || media_type.eq_ignore_ascii_case("text/json")
        || media_type.to_ascii_lowercase().ends_with("+json")
}

/// Writes `value`.
///
/// # Errors
/// When the value's `Serialize` fails, or a map key is no string.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Bytes, serde_json::Error> {
    serde_json::to_vec(value).map(Bytes::from)
}

/// Reads one value and nothing after it. Nesting is limited to 128 levels.
///
/// # Errors
/// When the body is not the JSON of a `T`.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    serde_json::from_slice(body)
        .map_err(|source| Malformed { field: field_to_blame::<T>(body), source: source.into() })
}

/// Reads the body a second time, slowly, to find out where it went wrong.
fn field_to_blame<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let reader = &mut serde_json::Deserializer::from_slice(body);
    let path = serde_path_to_error::deserialize::<_, T>(reader).err()?.path().to_string();
    (path != ".").then_some(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct User {
        #[allow(dead_code, reason = "only read by serde")]
        ages: Vec<u8>,
    }

    #[test]
    fn a_body_without_content_type_is_json() {
        for content_type in [
            None,
            Some(""),
            Some("application/json; charset=utf-8"),
            Some("Application/JSON"),
            Some("application/vnd.x+json"),
        ] {
            assert!(reads(content_type), "{content_type:?}");
        }
        for content_type in ["application/octet-stream", "text/plain", "application/jsonx", ";"] {
            assert_eq!(reads(Some(content_type)), content_type == ";", "{content_type}");
        }
    }

    #[test]
    fn the_field_to_blame_is_named() {
        let malformed = decode::<User>(br#"{"ages": [1, 2, "three"]}"#).unwrap_err();
        assert_eq!(malformed.field.as_deref(), Some("ages[2]"));
    }

    #[test]
    fn deep_nesting_is_an_error() {
        assert!(decode::<serde_json::Value>("[".repeat(200_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body: Vec<u8>) {
            let _ = decode::<User>(&body);
            let _ = decode::<serde_json::Value>(&body);
            let _ = reads(std::str::from_utf8(&body).ok());
        }

        #[test]
        fn what_is_written_is_read(numbers: Vec<u64>, text: String) {
            let value = (numbers, text);
            let body = encode(&value).unwrap();
            prop_assert_eq!(decode::<(Vec<u64>, String)>(&body).unwrap(), value);
        }
    }
}
