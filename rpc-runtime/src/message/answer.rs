//! What a method that ran has sent back, as the layers of a client see it: still encoded.

use std::fmt;

use bytes::Bytes;

use super::ReplyKind;
use crate::codec::{AnyCodec, UnsupportedMedia};

/// What a method that ran has sent back: its result or its own error, not yet decoded.
#[derive(Clone)]
pub struct Answer {
    pub(crate) kind: ReplyKind,
    /// What the body is written in.
    pub(crate) codec: Result<AnyCodec, UnsupportedMedia>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The result of what has none: a notification that the broker took.
    pub(crate) fn nothing() -> Self {
        Self { kind: ReplyKind::Result, codec: Ok(AnyCodec::JSON), body: Bytes::from_static(b"null") }
    }

    /// Whether the method returned its value or its error.
    #[must_use]
    pub fn kind(&self) -> ReplyKind {
        self.kind
    }

    /// The encoded value or error.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

// The body may hold secrets: only its size is shown.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("kind", &self.kind).field("body_bytes", &self.body.len()).finish()
    }
}
