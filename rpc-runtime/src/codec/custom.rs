//! Custom codecs: serde formats that users add.
//!
//! A codec is chosen at run time, while requests are types that are known at compile time. The crate
//! erased-serde connects the two. It is not part of the public API: a codec sees an [`Encodable`] and a
//! [`Decoding`].

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _},
};

use super::unreadable::{Malformed, Unreadable};

/// The error of a codec: a body that cannot be written or read.
pub type CodecError = Box<dyn std::error::Error + Send + Sync>;

/// A custom codec: a serde format for bodies.
///
/// Bodies are untrusted input. For any body, `decode` must not panic and must not overflow the stack. It must
/// not allocate memory for a length that the body only claims, and it must refuse trailing bytes.
///
/// The example uses postcard because it is short. **postcard does not limit nesting**: use it only for types
/// that are not recursive.
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::codec::{Codec, CodecError, Decoding, Encodable};
///
/// #[derive(Debug)]
/// struct Postcard;
///
/// impl Codec for Postcard {
///     fn content_type(&self) -> &'static str {
///         "application/x-postcard"
///     }
///
///     fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError> {
///         Ok(postcard::to_allocvec(&value)?)
///     }
///
///     fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError> {
///         let mut reader = postcard::Deserializer::from_bytes(body);
///         value.read(&mut reader)?;
///         match reader.finalize()? {
///             [] => Ok(()),
///             rest => Err(format!("{} bytes are left over", rest.len()).into()),
///         }
///     }
/// }
/// ```
///
/// All calls share the codec. The message of a decoding error is sent to the caller, without the values that
/// serde quotes from the body; it is not logged.
///
/// Faults are written with the codec as well, as a struct with all its members. A fault that the codec cannot
/// write travels as JSON.
///
/// With a format that is not self-describing, both sides must have exactly the same types: a parameter that
/// is added later breaks older peers.
pub trait Codec: fmt::Debug + Send + Sync + 'static {
    /// The content type of the bodies that it writes, of at most 255 bytes. A codec with the content type of
    /// JSON, MessagePack or CBOR replaces the one of this crate.
    fn content_type(&self) -> &'static str;

    /// Returns whether it reads bodies of this media type, which has no parameters. Default: its own content
    /// type, in upper or lower case.
    fn reads(&self, media_type: &str) -> bool {
        media_type.eq_ignore_ascii_case(self.content_type())
    }

    /// Writes `value`.
    ///
    /// # Errors
    /// When the value's `Serialize` fails, or the format cannot write the value.
    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError>;

    /// Reads a body, by handing a deserialiser to `value`. An invalid body is read twice: the second time to
    /// find the invalid field.
    ///
    /// # Errors
    /// When the body cannot be read as `value`, or has trailing bytes.
    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError>;
}

/// A value to write, with any serde serializer.
#[derive(Clone, Copy)]
pub struct Encodable<'a>(&'a dyn erased_serde::Serialize);

impl Serialize for Encodable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0, serializer)
    }
}

// The value may hold secrets.
impl fmt::Debug for Encodable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encodable")
    }
}

/// A value to read, with any serde deserialiser.
#[must_use = "a codec has read nothing until it calls `read`"]
pub struct Decoding<'a>(&'a mut dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Read);

type Read = Result<(), erased_serde::Error>;

impl Decoding<'_> {
    /// Reads the value from `deserializer`.
    ///
    /// # Errors
    /// When the deserialiser has no such value.
    pub fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        (self.0)(&mut erased).map_err(D::Error::custom)
    }
}

impl fmt::Debug for Decoding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoding")
    }
}

pub(super) fn encode<T: Serialize>(codec: &dyn Codec, value: &T) -> Result<Bytes, CodecError> {
    codec.encode(Encodable(value)).map(Bytes::from)
}

pub(super) fn decode<T: DeserializeOwned>(codec: &dyn Codec, body: &[u8]) -> Result<T, Malformed> {
    let (mut value, mut message) = (None, None);
    let outcome = codec.decode(
        body,
        Decoding(&mut |reader| {
            let read = T::deserialize(reader).map(|read| value = Some(read));
            // Compact formats drop the messages of errors.
            message = read.as_ref().err().map(ToString::to_string);
            read
        }),
    );
    let source = match (outcome, value) {
        (Ok(()), Some(value)) => return Ok(value),
        (Ok(()), None) => Unreadable::text("the codec has read nothing"),
        (Err(error), _) => Unreadable::of_serde(&message.unwrap_or_else(|| error.to_string())),
    };
    Err(Malformed { field: field_to_blame::<T>(codec, body), source })
}

fn field_to_blame<T: DeserializeOwned>(codec: &dyn Codec, body: &[u8]) -> Option<String> {
    let mut field = None;
    let _ = codec.decode(
        body,
        Decoding(&mut |reader| match serde_path_to_error::deserialize::<_, T>(reader) {
            Ok(_) => Ok(()),
            Err(error) => {
                field = Malformed::field_of(error.path());
                Err(error.into_inner())
            }
        }),
    );
    field
}
