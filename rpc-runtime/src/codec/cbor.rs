//! CBOR bodies.

use std::io;

use bytes::Bytes;
use ciborium::{de, ser};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use super::{
    custom::CodecError,
    unreadable::{MAX_DEPTH, Malformed, Unreadable},
};

/// The content type of the bodies that it writes.
pub(super) const CONTENT_TYPE: &str = "application/cbor";

pub(super) fn reads(media_type: &str) -> bool {
    media_type.eq_ignore_ascii_case(CONTENT_TYPE) || media_type.to_ascii_lowercase().ends_with("+cbor")
}

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, CodecError> {
    let mut body = Vec::new();
    match ser::into_writer(value, &mut body) {
        Ok(()) => Ok(body.into()),
        Err(ser::Error::Value(text)) => Err(text.into()),
        Err(ser::Error::Io(error)) => Err(error.into()),
    }
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let mut rest = body;
    match de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH) {
        Ok(value) if rest.is_empty() => Ok(value),
        Ok(_) => Err(Malformed::left_over(rest.len())),
        Err(error) => Err(Malformed { field: field_to_blame::<T>(body), source: unreadable(error) }),
    }
}

fn unreadable(error: de::Error<io::Error>) -> Unreadable {
    match error {
        de::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Unreadable::text("the body is truncated")
        }
        de::Error::Io(error) => Unreadable::text(error.to_string()),
        de::Error::Syntax(offset) => Unreadable::text(format!("no CBOR at byte {offset}")),
        de::Error::Semantic(_, text) => Unreadable::of_serde(&text),
        de::Error::RecursionLimitExceeded => Unreadable::text("nested too deep"),
    }
}

fn field_to_blame<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    de::from_reader_with_recursion_limit::<Blame<T>, _>(body, MAX_DEPTH).ok()?.0
}

/// The path of the invalid field, read in place of the value: ciborium hands its deserialiser only to a
/// `Deserialize`.
struct Blame<T>(Option<String>, std::marker::PhantomData<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Blame<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = serde_path_to_error::deserialize::<_, T>(deserializer);
        Ok(Self(read.err().and_then(|error| Malformed::field_of(error.path())), std::marker::PhantomData))
    }
}
