//! JSON bodies.

use std::io;

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
    let mut body = Body(Vec::with_capacity(128));
    serde_json::to_writer(&mut body, value)?;
    Ok(body.0.into())
}

/// A body that is being written. It has room behind each large text for the quote and the brackets that may end the
/// body: for these bytes alone it would be doubled.
struct Body(Vec<u8>);

/// A text from this size is large.
const LARGE_TEXT: usize = 4 * 1024;
/// The room behind it.
const ROOM_BEHIND: usize = 64;

impl io::Write for Body {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() >= LARGE_TEXT {
            self.0.reserve(bytes.len() + ROOM_BEHIND);
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads exactly one value. What is read may be nested 127 levels deep. What is skipped may be nested deeper:
/// skipping needs no stack, and counting its levels would cost every large body a second pass.
///
/// # Errors
/// When the body is not the JSON of a `T`.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let source = match serde_json::from_slice(body) {
        Ok(value) => return Ok(value),
        Err(source) => source,
    };
    // The integer zero, which serde_json reads as a floating-point number.
    if source.is_data()
        && let Some(body) = without_negative_zeros(body)
        && let Ok(value) = serde_json::from_slice(&body)
    {
        return Ok(value);
    }
    Err(Malformed { field: field_to_blame::<T>(body), source: source.into() })
}

/// The body with `0` for each number `-0`, at the same places; `None` if it has none.
fn without_negative_zeros(body: &[u8]) -> Option<Vec<u8>> {
    let mut changed = None;
    let (mut is_text, mut is_escaped) = (false, false);
    for (at, byte) in body.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'-' if !is_text && body.get(at + 1) == Some(&b'0') => {
                // Not of `-0.5`, `-0e1`; an exponent's sign follows its letter.
                let goes_on =
                    body.get(at + 2).is_some_and(|next| matches!(next, b'.' | b'e' | b'E' | b'0'..=b'9'));
                let is_exponent = at > 0 && matches!(body[at - 1], b'e' | b'E');
                if !goes_on && !is_exponent {
                    changed.get_or_insert_with(|| body.to_vec())[at] = b' ';
                }
            }
            _ => {}
        }
    }
    changed
}

/// Reads the body a second time, with the slower reader that tracks the path, to find the invalid field.
fn field_to_blame<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let reader = &mut serde_json::Deserializer::from_slice(body);
    Malformed::field_of(serde_path_to_error::deserialize::<_, T>(reader).err()?.path())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Sum {
        n: u64,
    }

    #[test]
    fn the_depth_of_what_is_read_is_limited_and_what_is_skipped_needs_no_stack() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(decode::<serde_json::Value>(nested(127).as_bytes()).is_ok());
        assert!(decode::<serde_json::Value>(nested(128).as_bytes()).is_err());
        let skipped = format!(r#"{{"x":{},"n":1}}"#, nested(1_000_000));
        let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
        let sum = small_stack.spawn(move || decode::<Sum>(skipped.as_bytes()).unwrap().n).unwrap();
        assert_eq!(sum.join().expect("the stack was enough"), 1);
    }

    #[test]
    fn a_body_with_a_large_text_is_not_doubled_for_its_end() {
        let text = "x".repeat(1 << 20);
        let mut body = Body(Vec::new());
        serde_json::to_writer(&mut body, &serde_json::json!({ "of": { "text": text } })).unwrap();
        assert_eq!(body.0, format!(r#"{{"of":{{"text":"{text}"}}}}"#).as_bytes());
        assert!(body.0.capacity() < text.len() + 1000, "{}", body.0.capacity());
    }

    #[test]
    fn a_negative_zero_is_an_integer() {
        assert_eq!(decode::<Sum>(br#"{"n":-0}"#).unwrap().n, 0);
        assert_eq!(decode::<Vec<i8>>(b"[-0,-0 ,-1,\n-0]").unwrap(), [0, 0, -1, 0]);
        assert!(decode::<f64>(b"-0").unwrap().is_sign_negative(), "of a floating-point number it stays");
        assert_eq!(decode::<(u8, String)>(br#"[-0,"\"-0"]"#).unwrap(), (0, "\"-0".to_owned()));
        for other in ["-0.0", "-0e1", "-00", "1e-0", "-1", "--0", "- 0"] {
            let malformed = decode::<u64>(other.as_bytes()).unwrap_err();
            assert!(!malformed.source.to_string().is_empty(), "{other}");
        }
        let malformed = decode::<(u8, u8)>(b"[-0,300]").unwrap_err();
        assert_eq!(
            malformed.source.to_string(),
            "invalid type: floating point, expected u8 at line 1 column 3"
        );
    }
}
