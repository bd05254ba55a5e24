//! The method's own error of an untyped call.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

/// The method's own error, of an untyped call, as the server sent it.
///
/// It wraps JSON or bytes, because neither implements [`Error`](std::error::Error).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntypedError<B>(pub B);

/// Shows the JSON, on one line.
impl fmt::Display for UntypedError<Value> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the method's own error: {}", self.0)
    }
}

/// Shows the number of bytes.
impl fmt::Display for UntypedError<Bytes> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the method's own error, of {} bytes", self.0.len())
    }
}

impl std::error::Error for UntypedError<Value> {}
impl std::error::Error for UntypedError<Bytes> {}
