//! The reply of a method that ran: its result or its own error, encoded.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use smol_str::SmolStr;

use super::{Fault, FaultCode};
use crate::{
    codec::{self, AnyCodec, Compression, Encoding, UnsupportedMedia},
    secrets::MessageScope,
};

/// The reply of a method that ran, still encoded, as the layers of a server and of a client see it.
///
/// A [`Fault`](super::Fault) takes its place when the method did not run to its end.
#[derive(Clone)]
pub struct Reply {
    pub(crate) kind: ReplyKind,
    /// Empty if a foreign server sent none.
    pub(crate) content_type: SmolStr,
    /// The compression of the body. `None` on the client, where the body is inflated already.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) body: Bytes,
    /// On the server: the `Display` of the method's own error, for a dialect that sends it.
    pub(crate) error_text: Option<Box<str>>,
    /// On the client: the codec of the call, if it is a custom one.
    pub(crate) codec: Option<AnyCodec>,
    /// On the client: the keys of its secrets.
    pub(crate) scope: MessageScope,
}

/// The outcome of a method: its value or its own error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyKind {
    /// The method's value.
    Result,
    /// The method's own error.
    Error,
}

impl Reply {
    /// The method's value, as JSON.
    ///
    /// # Errors
    /// The fault `unencodable_reply`, when the value's `Serialize` fails or a map key is not a string.
    pub fn json<T: Serialize>(value: &T) -> Result<Self, Fault> {
        Self::of_json(ReplyKind::Result, value)
    }

    /// The method's own error, as JSON. A typed caller receives it as
    /// [`CallError::Method`](crate::CallError::Method), if it has the shape of the method's error type.
    ///
    /// # Errors
    /// As for [`json`](Self::json).
    pub fn error<T: Serialize>(error: &T) -> Result<Self, Fault> {
        Self::of_json(ReplyKind::Error, error)
    }

    /// The method's value as raw bytes, with the content type `application/octet-stream` unless it is
    /// [changed](Self::with_content_type).
    #[must_use]
    pub fn bytes(body: impl Into<Bytes>) -> Self {
        Self::new(ReplyKind::Result, codec::RAW, body.into())
    }

    /// Sets the content type of the body, such as `application/msgpack`.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into().into();
        self
    }

    /// Makes it the method's own error.
    #[must_use]
    pub fn into_error(mut self) -> Self {
        self.kind = ReplyKind::Error;
        self
    }

    fn of_json<T: Serialize>(kind: ReplyKind, value: &T) -> Result<Self, Fault> {
        match AnyCodec::JSON.encode(value) {
            Ok(body) => Ok(Self::new(kind, AnyCodec::JSON.content_type(), body)),
            Err(error) => Err(Fault::new(FaultCode::UnencodableReply, error.to_string())),
        }
    }

    pub(crate) fn new(kind: ReplyKind, content_type: impl Into<SmolStr>, body: Bytes) -> Self {
        Self {
            kind,
            content_type: content_type.into(),
            encoding: None,
            body,
            error_text: None,
            codec: None,
            scope: MessageScope::NONE,
        }
    }

    /// The reply that the layers of a client see for a one-way message that the broker confirmed.
    pub(crate) fn confirmed() -> Self {
        Self::new(ReplyKind::Result, AnyCodec::JSON.content_type(), Bytes::from_static(b"null"))
    }

    /// The outcome of the method: its value or its own error.
    #[must_use]
    pub fn kind(&self) -> ReplyKind {
        self.kind
    }

    /// The content type of the body, such as `application/json`. Empty if a foreign server sent none.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The encoded value or error.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn compress(self, compression: Compression) -> Self {
        let (body, encoding) = compression.apply(self.body);
        Self { body, encoding, ..self }
    }

    /// The codec of the body.
    ///
    /// # Errors
    /// When no codec of this client reads its content type.
    pub(crate) fn codec(&self) -> Result<AnyCodec, UnsupportedMedia> {
        codec::for_content_type(Some(&self.content_type), self.codec.as_slice())
    }
}

// The body may hold secrets: only its size is shown.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("kind", &self.kind)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
