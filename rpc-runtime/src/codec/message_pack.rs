//! MessagePack bodies.

use bytes::Bytes;
use rmp_serde::decode::Error;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    custom::CodecError,
    unreadable::{MAX_DEPTH, Malformed, Unreadable},
};

/// The content type of the bodies that it writes. Registered is `application/vnd.msgpack`, but this one is in
/// use.
pub(super) const CONTENT_TYPE: &str = "application/msgpack";

pub(super) fn reads(media_type: &str) -> bool {
    [CONTENT_TYPE, "application/x-msgpack", "application/vnd.msgpack"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, CodecError> {
    Ok(rmp_serde::to_vec_named(value)?.into())
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let mut reader = reader(body);
    let source = match T::deserialize(&mut reader) {
        Ok(value) => match reader.into_inner() {
            [] => return Ok(value),
            rest => return Err(Malformed::left_over(rest.len())),
        },
        Err(error) => unreadable(&error),
    };
    Err(Malformed { field: field_to_blame::<T>(body), source })
}

fn unreadable(error: &Error) -> Unreadable {
    match error {
        // Small numbers and the lengths of texts are in the marker.
        Error::TypeMismatch(marker) => {
            let marker = format!("{marker:?}");
            let name = marker.split('(').next().unwrap_or_default().trim_start_matches("Fix");
            let kind = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "Pos" | "Neg" | "U" | "I" => "integer",
                "F" => "floating point",
                "Str" => "string",
                "Bin" => "byte array",
                "Array" => "sequence",
                "Map" => "map",
                "Null" => "null",
                "True" | "False" => "boolean",
                "Ext" => "extension",
                _ => "reserved marker",
            };
            Unreadable::text(format!("invalid type: {kind}"))
        }
        Error::InvalidMarkerRead(_) | Error::InvalidDataRead(_) => Unreadable::text("the body is truncated"),
        Error::DepthLimitExceeded => Unreadable::text("nested too deep"),
        error => Unreadable::of_serde(&error.to_string()),
    }
}

/// The reader that does not borrow from the body, because only this one returns the bytes that are left over.
fn reader(body: &[u8]) -> rmp_serde::Deserializer<rmp_serde::decode::ReadReader<&[u8]>> {
    let mut reader = rmp_serde::Deserializer::new(body);
    reader.set_max_depth(MAX_DEPTH);
    reader
}

fn field_to_blame<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let error = serde_path_to_error::deserialize::<_, T>(&mut reader(body)).err()?;
    Malformed::field_of(error.path())
}
