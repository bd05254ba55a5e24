//! Codecs of users: serde formats that are brought at run time, while requests are types that are known at compile time.
//!
//! The crate erased-serde stands between the two, and stays out of sight: a codec sees something to serialise, and something to hand its
//! deserialiser to.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _},
};

use super::unreadable::{Malformed, Unreadable};

/// Why a body could not be written or read.
pub type CodecError = Box<dyn std::error::Error + Send + Sync>;

/// A serde format that bodies are written in.
///
/// Bodies come from anybody who may publish: `decode` must neither panic nor overflow the stack, whatever it is given, must not allocate
/// what a length in the body promises before it is there, and must refuse bytes that are left over. **postcard is shown here for its
/// brevity; it does not bound nesting**, so it is for types that are not recursive. What a codec says is wrong with a body is sent to whoever
/// sent it, and logged by nobody; what serde quotes of the body is left out of it.
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
/// It is shared by all calls, and runs where they do. Faults are written by it as well, as an object whose members are all there; what it
/// cannot write of them travels as JSON. A format that does not describe itself reads what was written for exactly the same type, so
/// a parameter that is added later breaks it.
pub trait Codec: fmt::Debug + Send + Sync + 'static {
    /// The content type of what it writes, of at most 255 bytes. One of JSON, MessagePack or CBOR replaces this crate's.
    fn content_type(&self) -> &'static str;

    /// Whether it reads bodies of this media type, which comes without parameters. Default: those of its own content type, in any case of
    /// letters.
    fn reads(&self, media_type: &str) -> bool {
        media_type.eq_ignore_ascii_case(self.content_type())
    }

    /// Writes `value`.
    ///
    /// # Errors
    /// When the value or the format says that it cannot be written.
    fn encode(&self, value: Encodable<'_>) -> Result<Vec<u8>, CodecError>;

    /// Reads a body by handing a deserialiser to `value`. It may be asked to read a body twice: the second time to find the field that is
    /// to blame.
    ///
    /// # Errors
    /// When the body cannot be read as what is asked for, or has more than that.
    fn decode(&self, body: &[u8], value: Decoding<'_>) -> Result<(), CodecError>;
}

/// Something to write: any serializer takes it.
#[derive(Clone, Copy)]
pub struct Encodable<'a>(&'a dyn erased_serde::Serialize);

impl Serialize for Encodable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0, serializer)
    }
}

// What it holds is somebody's data.
impl fmt::Debug for Encodable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encodable")
    }
}

/// Something to read: it waits for a deserialiser.
#[must_use = "a codec has read nothing until it calls `read`"]
pub struct Decoding<'a>(&'a mut dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Read);

type Read = Result<(), erased_serde::Error>;

impl Decoding<'_> {
    /// Reads one value from `deserializer`.
    ///
    /// # Errors
    /// When that is not the value that is asked for.
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
    let (mut value, mut complaint) = (None, None);
    let outcome = codec.decode(
        body,
        Decoding(&mut |reader| {
            let read = T::deserialize(reader).map(|read| value = Some(read));
            // Formats that count every byte drop the texts of errors.
            complaint = read.as_ref().err().map(ToString::to_string);
            read
        }),
    );
    let source = match (outcome, value) {
        (Ok(()), Some(value)) => return Ok(value),
        (Ok(()), None) => Unreadable::text("the codec has read nothing"),
        (Err(error), _) => Unreadable::of_serde(&complaint.unwrap_or_else(|| error.to_string())),
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
