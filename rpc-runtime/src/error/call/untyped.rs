//! The method's own error of a call that knows none of its types.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

/// The method's own error, of an untyped call: what the server sent, as it is.
///
/// A type of its own because it is an error, which JSON and bytes are not: `?` takes it everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntypedError<B>(pub B);

/// The JSON, on one line.
impl fmt::Display for UntypedError<Value> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the method's own error: {}", self.0)
    }
}

/// Their number.
impl fmt::Display for UntypedError<Bytes> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the method's own error, of {} bytes", self.0.len())
    }
}

impl std::error::Error for UntypedError<Value> {}
impl std::error::Error for UntypedError<Bytes> {}
