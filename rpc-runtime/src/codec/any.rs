//! A codec chosen at run time. JSON is called directly, so that it costs nothing that other codecs exist.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

#[cfg(feature = "cbor")]
use super::cbor;
#[cfg(feature = "msgpack")]
use super::message_pack;
use super::{
    custom::{self, Codec, CodecError},
    json,
    unreadable::Malformed,
};

/// JSON, `application/json`. The default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json;

/// MessagePack, `application/msgpack`. Structs are maps with the names of their fields, so that fields can be
/// added.
///
/// Bodies of `application/x-msgpack` and `application/vnd.msgpack` are read as well. Types that have a
/// compact form for binary formats use it: a UUID has 16 bytes, where JSON has text. Use `serde_bytes` for
/// byte strings: a plain `Vec<u8>` is an array. Extension types are neither written nor read.
#[cfg(feature = "msgpack")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MessagePack;

/// CBOR (RFC 8949), `application/cbor`. Structs are maps with the names of their fields, so that fields can
/// be added.
///
/// Types that have a compact form for binary formats use it: a UUID has 16 bytes, where JSON has text. Tags
/// are ignored when they are read.
#[cfg(feature = "cbor")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cbor;

/// Any codec: [`Json`], the other codecs of this crate, or a custom [`Codec`]. It implements `From` for each
/// of them.
#[derive(Clone, Default)]
pub struct AnyCodec(Kind);

#[derive(Clone, Default)]
enum Kind {
    #[default]
    Json,
    #[cfg(feature = "msgpack")]
    MessagePack,
    #[cfg(feature = "cbor")]
    Cbor,
    Custom(Arc<dyn Codec>),
}

impl AnyCodec {
    /// The codecs of this crate, with the features it was compiled with.
    pub(super) const BUILT_IN: &[Self] = &[
        Self(Kind::Json),
        #[cfg(feature = "msgpack")]
        Self(Kind::MessagePack),
        #[cfg(feature = "cbor")]
        Self(Kind::Cbor),
    ];

    pub(crate) const JSON: Self = Self(Kind::Json);

    /// The content type of the bodies that it writes.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match &self.0 {
            Kind::Json => json::CONTENT_TYPE,
            #[cfg(feature = "msgpack")]
            Kind::MessagePack => message_pack::CONTENT_TYPE,
            #[cfg(feature = "cbor")]
            Kind::Cbor => cbor::CONTENT_TYPE,
            Kind::Custom(codec) => codec.content_type(),
        }
    }

    /// Returns whether it is the JSON of this crate.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.0, Kind::Json)
    }

    /// Returns whether it is a custom codec.
    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.0, Kind::Custom(_))
    }

    /// Returns whether it reads bodies of a media type without parameters.
    pub(super) fn reads(&self, media_type: &str) -> bool {
        match &self.0 {
            Kind::Json => json::reads(media_type),
            #[cfg(feature = "msgpack")]
            Kind::MessagePack => message_pack::reads(media_type),
            #[cfg(feature = "cbor")]
            Kind::Cbor => cbor::reads(media_type),
            Kind::Custom(codec) => codec.reads(media_type),
        }
    }

    /// Writes `value`.
    ///
    /// # Errors
    /// When the value's `Serialize` fails, or the codec cannot write the value.
    pub(crate) fn encode<T: Serialize>(&self, value: &T) -> Result<Bytes, CodecError> {
        match &self.0 {
            Kind::Json => json::encode(value).map_err(CodecError::from),
            #[cfg(feature = "msgpack")]
            Kind::MessagePack => message_pack::encode(value),
            #[cfg(feature = "cbor")]
            Kind::Cbor => cbor::encode(value),
            Kind::Custom(codec) => custom::encode(&**codec, value),
        }
    }

    /// Reads exactly one value. Nesting is limited. An empty body is the value of a type that has only one,
    /// such as `()` or a request without parameters.
    ///
    /// # Errors
    /// When the body is not a `T` in this codec.
    pub(crate) fn decode<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Malformed> {
        let decoded = match &self.0 {
            Kind::Json => json::decode(body),
            #[cfg(feature = "msgpack")]
            Kind::MessagePack => message_pack::decode(body),
            #[cfg(feature = "cbor")]
            Kind::Cbor => cbor::decode(body),
            Kind::Custom(codec) => custom::decode(&**codec, body),
        };
        match decoded {
            Err(malformed) if body.is_empty() => only_value().ok_or(malformed),
            decoded => decoded,
        }
    }
}

/// The value of a type without data, which foreign programs send as an empty body. `None` for other types.
fn only_value<T: DeserializeOwned>() -> Option<T> {
    if size_of::<T>() > 0 {
        return None;
    }
    // An object without members, or nothing. Types that need more decode neither.
    json::decode(b"{}").or_else(|_| json::decode(b"null")).ok()
}

impl fmt::Debug for AnyCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyCodec").field(&self.content_type()).finish()
    }
}

impl From<Json> for AnyCodec {
    fn from(_: Json) -> Self {
        Self::JSON
    }
}

#[cfg(feature = "msgpack")]
impl From<MessagePack> for AnyCodec {
    fn from(_: MessagePack) -> Self {
        Self(Kind::MessagePack)
    }
}

#[cfg(feature = "cbor")]
impl From<Cbor> for AnyCodec {
    fn from(_: Cbor) -> Self {
        Self(Kind::Cbor)
    }
}

impl<C: Codec> From<C> for AnyCodec {
    fn from(codec: C) -> Self {
        Self(Kind::Custom(Arc::new(codec)))
    }
}
