//! The reply of a method that ran: its result or its own error, encoded.

use std::borrow::Cow;

use bytes::Bytes;

use crate::codec::{Compression, Encoding};

/// What a method that ran sends back.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub(crate) kind: ReplyKind,
    pub(crate) content_type: Cow<'static, str>,
    /// How the body is compressed.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) body: Bytes,
}

/// Which of its two types a method returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyKind {
    /// The method's value.
    Result,
    /// The method's own error.
    Error,
}

impl Reply {
    /// Whether the method returned its value or its error.
    #[must_use]
    pub fn kind(&self) -> ReplyKind {
        self.kind
    }

    /// What the body is, such as `application/json`.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    pub(crate) fn compress(self, compression: Compression) -> Self {
        let (body, encoding) = compression.apply(self.body);
        Self { body, encoding, ..self }
    }

    /// The encoded value or error.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

// The body may hold secrets: only its size is shown.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("kind", &self.kind)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
